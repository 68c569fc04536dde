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
  /** Empty unless it failed. */
  differences: Difference[]
  /** The behaviour of --observed that the answers fit, where the case failed and knows of one. */
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
