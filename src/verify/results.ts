import type { RuleId, Source } from '../topcalls/rules.ts'

/** One expectation that an answer did not meet. */
export interface Difference {
  /** The step that it is about, as the case names it. */
  step: string
  /** What the case expects, as the end of "expected …". */
  expected: string
  /** What was there instead, as the end of "saw …"; never a credential. */
  seen: string
}

export interface CaseResult {
  id: string
  /** The title of the case: a sentence of the specification. */
  title: string
  /** The rules that the case proves. */
  rules: RuleId[]
  /** Where the least certain of them comes from. */
  source: Source
  outcome: 'held' | 'failed' | 'skipped'
  /** Why it was skipped. */
  reason?: string
  /** Whether it was skipped because the run ended before: it was stopped, or its requests were spent. */
  isCutOff?: boolean
  /** Empty unless it failed. */
  differences: Difference[]
  /** The behaviour of --observed that the answers fit where they differ from the guess; the case held if that was known. */
  observed?: { name: string; value: unknown }
  requests: number
  /** Real milliseconds. */
  duration: number
}

/** What a run of `verify` has found. */
export interface Results {
  /** The server, without credentials. */
  url: string
  /** Of the fake; absent where the server has no control plane. */
  server?: { version: string; strictness: string }
  startedAt: Date
  /** Real milliseconds. */
  duration: number
  cases: CaseResult[]
  requests: number
  /** What the run has created, and how much of it could not be deleted. */
  created: number
  left: number
}

/** 0: all that ran held. 1: a documented rule failed, nothing ran, or the run ended early. 3: only rules that are inferred or the fake's differ. */
export type ExitCode = 0 | 1 | 3

export interface Counts {
  held: number
  failed: Record<Source, number>
  skipped: number
}

export function countsOf({ cases }: Results): Counts {
  const counts: Counts = { held: 0, failed: { documented: 0, inferred: 0, fake: 0 }, skipped: 0 }
  for (const { outcome, source } of cases) {
    if (outcome === 'failed') counts.failed[source]++
    else counts[outcome]++
  }
  return counts
}

/** Whether there was no case but skipped ones. */
export function nothingRan({ cases }: Results): boolean {
  return cases.every(({ outcome }) => outcome === 'skipped')
}

/** What a whole run has failed to do, as the title of a case; undefined where it has done what it was to do. */
export function shortcomingOf(results: Results): string | undefined {
  if (nothingRan(results)) return 'a case runs'
  return results.cases.some(({ isCutOff }) => isCutOff) ? 'the run comes to its end' : undefined
}

/**
 * What the run comes to. A case that is skipped because the server lacks what it needs does not fail; but a run in which no
 * case ran, or which ended early, ends with 1: a wrong filter or a small budget must not look like success in CI.
 */
export function exitCodeOf(results: Results): ExitCode {
  const { failed } = countsOf(results)
  if (failed.documented > 0 || shortcomingOf(results) !== undefined) return 1
  return failed.inferred + failed.fake > 0 ? 3 : 0
}

/** The exit code in words, and the reason for it. */
export function verdictOf(results: Results): string {
  const { held, failed, skipped } = countsOf(results)
  const guesses = failed.inferred + failed.fake
  const code = `exit code ${exitCodeOf(results)}`
  if (failed.documented > 0) {
    const also = guesses > 0 ? `, and ${cases(guesses)} of rules that are inferred or the fake's own` : ''
    return `${cases(failed.documented)} of documented rules failed${also}: ${code}.`
  }
  const cut = results.cases.filter(({ isCutOff }) => isCutOff)
  if (cut.length > 0 && !nothingRan(results)) {
    const also = guesses > 0 ? `; ${cases(guesses)} of rules that are inferred or the fake's own differ` : ''
    return `${cases(cut.length)} did not run, since ${cut[0]?.reason}${also}: ${code}.`
  }
  if (guesses > 0) {
    return `No documented rule failed; ${cases(guesses)} of rules that are inferred or the fake's own ${guesses === 1 ? 'differs' : 'differ'}: ${code}.`
  }
  if (held > 0) return `${held === 1 ? 'The case that ran' : `All ${held} cases that ran`} held: ${code}.`
  const why =
    skipped > 0 ? `No case ran, ${skipped === 1 ? 'the only one' : `all ${skipped}`} skipped` : 'There was no case'
  return `${why}, so nothing is proved: ${code}.`
}

const cases = (count: number) => `${count} ${count === 1 ? 'case' : 'cases'}`
