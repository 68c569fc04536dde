import { visible } from '../../reports/text.ts'
import { type RuleId, rules, type Source } from '../../topcalls/rules.ts'
import {
  type CaseResult,
  type Counts,
  countsOf,
  type Difference,
  type ExitCode,
  exitCodeOf,
  type Results,
  verdictOf
} from '../results.ts'

/** What the reporter `json` writes. Members may be added within a format, never renamed or removed. */
export interface JsonReport {
  format: 1
  /** The server, without credentials. */
  url: string
  /** Of the fake; null where the server has no control plane. */
  server: { version: string; strictness: string } | null
  /** RFC 3339 in UTC. */
  started_at: string
  duration_ms: number
  requests: number
  /** What the run has created. */
  created: number
  /** How much of it could not be deleted. */
  left: number
  exit_code: ExitCode
  /** The exit code and the reason for it, in a sentence. */
  verdict: string
  counts: Counts
  cases: JsonCase[]
}

export interface JsonCase {
  id: string
  title: string
  /** Where the least certain of the rules comes from. */
  source: Source
  rules: { id: RuleId; source: Source; text: string }[]
  outcome: CaseResult['outcome']
  /** Why it was skipped; null where it was not. */
  reason: string | null
  /** Empty unless it failed. */
  differences: Difference[]
  /** The behaviour that the answers fit, which --save writes down; null where there is none. */
  observed: { name: string; value: unknown } | null
  requests: number
  duration_ms: number
}

/** For programs: one object. What a terminal would obey is escaped, which does not change the values. */
export function json(results: Results): string {
  const report: JsonReport = {
    format: 1,
    url: results.url,
    server: results.server ?? null,
    started_at: results.startedAt.toISOString(),
    duration_ms: Math.round(results.duration),
    requests: results.requests,
    created: results.created,
    left: results.left,
    exit_code: exitCodeOf(results),
    verdict: verdictOf(results),
    counts: countsOf(results),
    cases: results.cases.map(caseOf)
  }
  return `${visible(JSON.stringify(report, null, 2))}\n`
}

function caseOf({
  id,
  title,
  source,
  outcome,
  reason,
  differences,
  observed,
  requests,
  duration,
  ...rest
}: CaseResult): JsonCase {
  return {
    id,
    title,
    source,
    rules: rest.rules.map(rule => ({ id: rule, source: rules[rule].source, text: rules[rule].text })),
    outcome,
    reason: reason ?? null,
    differences: differences.map(({ step, expected, seen }) => ({ step, expected, seen })),
    observed: observed ?? null,
    requests,
    duration_ms: Math.round(duration)
  }
}
