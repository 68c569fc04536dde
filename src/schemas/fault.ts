import { type Static, Type } from 'typebox'
import { AccountId, AccountName, Duration, Instant } from './common.ts'
import { nextStatuses } from './phone-number.ts'
import { Match } from './request.ts'

/** What there is to know of a kind of fault; what it does to an answer is in topcalls/faults.ts. */
interface FaultKindFacts {
  /** Members that only this kind has. */
  members: string[]
  /** Whether the client is left without the answer of a request that was handled. */
  takesTheAnswer: boolean
  /** Whether a status is sent at all. */
  sendsStatus: boolean
}

export const faultKinds = {
  status: { members: ['status', 'problem', 'headers'], takesTheAnswer: true, sendsStatus: true },
  delay: { members: ['delay'], takesTheAnswer: false, sendsStatus: true },
  reset: { members: [], takesTheAnswer: true, sendsStatus: false },
  hang: { members: [], takesTheAnswer: true, sendsStatus: false },
  truncate: { members: [], takesTheAnswer: true, sendsStatus: true },
  malformed: { members: [], takesTheAnswer: true, sendsStatus: true },
  slow: { members: ['bytes_per_second'], takesTheAnswer: false, sendsStatus: true },
  pending: { members: ['becomes', 'after', 'error_message'], takesTheAnswer: false, sendsStatus: true }
} as const satisfies Record<string, FaultKindFacts>
export type FaultKind = keyof typeof faultKinds

/** How many rules one account may have armed. */
export const mostFaults = 1_000

export const faultPhases = ['before', 'after'] as const

/** The longest that a fault may keep a client waiting: 10 minutes. */
export const longestDelayMilliseconds = 600_000

const rule = {
  match: Type.Optional(Match),
  phase: Type.Enum(faultPhases, {
    default: 'before',
    description:
      '`before`: nothing is done, as if the request had not arrived. `after`: the request is handled and committed, and then its answer is lost or spoilt'
  }),
  kind: Type.Enum(Object.keys(faultKinds) as FaultKind[], {
    description:
      '`status`: another answer; `delay`: a late one; `reset`: a TCP reset; `hang`: none at all; `truncate`: half the body, then the end of the connection; `malformed`: broken JSON of the right length; `slow`: a dripping body; `pending`: a phone number that is added has to wait'
  }),
  status: Type.Optional(
    Type.Integer({ minimum: 200, maximum: 599, description: 'With `status`: the status code; 503 without' })
  ),
  headers: Type.Optional(
    Type.Record(Type.String(), Type.String({ maxLength: 1_000 }), {
      description: 'With `status`: further headers, such as `Retry-After`'
    })
  ),
  problem: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'With `status`: members of the problem document that replace the usual ones'
    })
  ),
  delay: Type.Optional(Duration('With `delay`: how long, in real time, up to 10 minutes')),
  bytes_per_second: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'With `slow`: how fast the body drips; 50 without' })
  ),
  becomes: Type.Optional(
    Type.Enum(nextStatuses, { description: 'With `pending`: what the number becomes; `active` without' })
  ),
  after: Type.Optional(
    Duration("With `pending`: after what time of the account's clock; without it, when a control call says so")
  ),
  error_message: Type.Optional(
    Type.String({ maxLength: 1_000, description: 'With `pending` and `failed`: why, as the number then tells' })
  ),
  times: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000_000,
      description: 'Fires so often, then never again; without limit otherwise'
    })
  ),
  skip: Type.Integer({
    minimum: 0,
    maximum: 1_000_000_000,
    default: 0,
    description: 'Lets the first so many matches pass'
  }),
  every: Type.Integer({
    minimum: 1,
    maximum: 1_000_000_000,
    default: 1,
    description: 'Fires at each so many-th match after those'
  }),
  probability: Type.Number({ minimum: 0, maximum: 1, default: 1, description: 'Throws dice at each of these' }),
  seed: Type.Optional(Type.Integer({ description: 'Of the dice, so that they fall the same each time' })),
  ttl: Type.Optional(Duration("Ends the rule after this time of the account's clock"))
}

/** A fault to arm. */
export const FaultRequest = Type.Object(
  {
    account: Type.Optional(AccountName),
    ...rule,
    phase: Type.Optional(rule.phase),
    skip: Type.Optional(rule.skip),
    every: Type.Optional(rule.every),
    probability: Type.Optional(rule.probability)
  },
  { $id: 'FaultRequest', additionalProperties: false }
)
export type FaultRequest = Static<typeof FaultRequest>

/** A rule as it stands: what was asked for and how often it fired. */
export const Fault = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    account_id: Type.Union([AccountId, Type.Null()], { description: 'null where the rule is for all accounts' }),
    ...rule,
    created_at: Instant("When it was armed, on the account's clock"),
    expires_at: Type.Optional(Instant("From when on it fires no more, on the account's clock")),
    matched: Type.Integer({ description: 'How many requests it was meant for' }),
    fired: Type.Integer({ description: 'How often it fired' }),
    remaining: Type.Union([Type.Integer(), Type.Null()], {
      description: 'How often it will still fire; null where that is without limit'
    })
  },
  { $id: 'Fault', additionalProperties: false }
)
export type Fault = Static<typeof Fault>
