import type { Strictness } from '../modes.ts'
import type { Behaviour } from '../observed.ts'
import type { CoverageKind } from '../schemas/coverage.ts'
import type { KeyPast } from '../store/coverage.ts'
import type { RuleId } from './rules.ts'

/** What a finished request shows of the rules. */
export interface Shown {
  /** The status of its answer, also where that was lost. */
  status: number
  /** Ids of the rules that it violated. */
  violated: readonly string[]
  /** Whether it made something. */
  created: boolean
  /** Whether it got an earlier answer again. */
  replayed: boolean
  /** Whether that was the answer to another body. */
  mismatch: boolean
  /** Whether the client did not get the answer. */
  lost: boolean
  /** Whether it had an acceptable Idempotency-Key. */
  keyed: boolean
  /** The instant of the account's clock. */
  now: number
  /** Members of the body as they were sent, before defaults were filled in; none where the body was not looked at. */
  sent: Sent
  /** What is remembered of its key. */
  before: KeyPast | undefined
  /** Whether another request with its key was under way at the same time. */
  overlapping: boolean
}

export interface Sent {
  trunk_type?: unknown
  ipv4?: unknown
  port?: unknown
  inbound?: unknown
  outbound?: unknown
  registration?: unknown
  inbound_auth?: unknown
}

/** Something that a request can do about a rule. */
export interface Situation {
  rule: RuleId
  kind: CoverageKind
  id: string
  /** What was done. */
  text: string
  /** What a suite lacks in which nobody did it; without such a sentence nobody is asked to. */
  missing?: string
  /** Where it can be met; everywhere without. */
  within?: Strictness[]
  /** Whether it can be met where this was observed; it can without. */
  where?(behaviour: Behaviour): boolean
  shows(shown: Shown): boolean
}

/** Where inferred rules are enforced. */
export const enforced: Strictness[] = ['inferred', 'strict']

/** A rule that a request broke. */
export const violated = (rule: RuleId, id: string, text: string, more: Partial<Situation> = {}): Situation => ({
  rule,
  kind: 'violated',
  id,
  text,
  shows: shown => shown.violated.includes(rule),
  ...more
})

/** A carrier that was made, by a request with something that is worth a test. */
export const created = (
  rule: RuleId,
  id: string,
  text: string,
  missing: string | undefined,
  shows: (sent: Sent) => boolean,
  within?: Strictness[]
): Situation => ({
  rule,
  kind: 'fulfilled',
  id,
  text,
  ...(missing && { missing }),
  ...(within && { within }),
  shows: shown => shown.created && shows(shown.sent)
})

/** A request with a key that was used before. */
export const again = (
  rule: RuleId,
  id: string,
  text: string,
  missing: string,
  shows: (shown: Shown, before: KeyPast) => boolean
): Situation => ({
  rule,
  kind: 'fulfilled',
  id,
  text,
  missing,
  shows: shown => shown.before !== undefined && shows(shown, shown.before)
})
