import type { Strictness } from '../modes.ts'
import type { Behaviour } from '../observed.ts'
import type { CoverageKind } from '../schemas/coverage.ts'
import type { KeyPast } from '../store/coverage.ts'
import type { RuleId } from './rules.ts'

/** The operations of the emulated API, as openapi.yaml names them. */
export type Operation =
  | 'addCustomCarrier'
  | 'listCustomCarriers'
  | 'deleteCustomCarrier'
  | 'addPhoneNumber'
  | 'listPhoneNumbers'
  | 'getPhoneNumber'
  | 'deletePhoneNumber'

/** What a finished request shows of the rules. */
export interface Shown {
  operation: Operation | undefined
  /** The status of its answer, also where that was lost. */
  status: number
  /** Ids of the rules that it violated. */
  violated: readonly string[]
  /** Whether it stored or deleted something, also where its answer was lost. */
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
  /** Its query string. */
  query: { cursor?: unknown; limit?: unknown }
  /** Whether what it made has to wait. */
  waiting: boolean
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
  voip_carrier_sid?: unknown
}

/** A broken rule, a key that was used before, or the success of an operation. */
export type Need = 'violated' | 'before' | Operation

/** What many suites have no use for, and so are asked for only once they use some of it. */
export type Group = 'lists and deletions' | 'phone numbers'

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
  /** What a request must have one of to be in it, so that most are passed over without a look; nothing without. */
  needs?: readonly Need[]
  /** It is asked for only where some situation of this group was seen. */
  group?: Group
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
  needs: ['violated'],
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
  needs: ['addCustomCarrier'],
  shows: shown => shows(shown.sent)
})

/** The success of an operation, with something that is worth a test. */
export const done = (
  operation: Operation | readonly Operation[],
  rule: RuleId,
  id: string,
  text: string,
  more: Partial<Situation> = {}
): Situation => ({
  rule,
  kind: 'fulfilled',
  id,
  text,
  needs: [operation].flat(),
  shows: () => true,
  ...more
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
  needs: ['before'],
  shows: shown => shown.before !== undefined && shows(shown, shown.before)
})
