import { type Static, Type } from 'typebox'
import { ProblemDocument } from '../problem.ts'
import { AccountId, AccountName, Instant, pageOf } from './common.ts'

export const outcomes = ['created', 'read', 'deleted', 'replayed', 'refused', 'faulted'] as const
export type Outcome = (typeof outcomes)[number]

export const Finding = Type.Object({
  code: Type.Enum([
    'missing_idempotency_key',
    'idempotency_key_reused',
    'duplicate_member',
    'unknown_member',
    'byte_order_mark',
    'name_too_long_for_jambonz',
    'unused_credentials'
  ]),
  path: Type.Optional(Type.String({ description: 'Dotted path of the member' })),
  message: Type.String()
})
export type Finding = Static<typeof Finding>

const Text = Type.String({ minLength: 1, maxLength: 1_000 })

/** What a request must be for a fault rule to fire. */
export const Match = Type.Object(
  {
    method: Type.Optional({ ...Text, description: 'Such as `POST`' }),
    path: Type.Optional({ ...Text, description: 'The whole path; `*` stands for anything' }),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]), {
        description: 'The values of headers, compared whole; null for a header that must be absent'
      })
    ),
    body: Type.Optional(
      Type.Unknown({
        description: 'Members that the body must have with these values, at any depth; a list is compared whole'
      })
    )
  },
  { additionalProperties: false }
)
export type Match = Static<typeof Match>

/** What an entry of the journal must be to be counted. */
export const EntryMatch = Type.Object(
  {
    ...Match.properties,
    status: Type.Optional(
      Type.Union([Type.Integer(), Type.Null()], { description: 'The status that was sent; null for no answer' })
    ),
    outcome: Type.Optional(Type.Enum(outcomes)),
    idempotency_key: Type.Optional(
      Type.Union([Type.String(), Type.Null()], { description: 'The key that was sent; null for none' })
    ),
    committed: Type.Optional(Type.Boolean()),
    fault: Type.Optional(Type.Union([Text, Type.Null()], { description: 'Kind or id of the fault; null for none' })),
    rules: Type.Optional(Type.Array(Text, { description: 'Rules that the request must have violated, among others' })),
    findings: Type.Optional(Type.Array(Text, { description: 'Codes of findings that it must have, among others' }))
  },
  { additionalProperties: false }
)
export type EntryMatch = Static<typeof EntryMatch>

const Headers = Type.Record(Type.String(), Type.String())

/** A request of the journal with its answer. */
export const Entry = Type.Object(
  {
    id: Type.String({ format: 'uuid', description: 'As in `x-request-id` and `instance` of the answer' }),
    at: Instant("When it was answered, on the account's clock"),
    account_id: Type.Union([AccountId, Type.Null()], { description: 'null where the key names no account' }),
    method: Type.String(),
    path: Type.String({ description: 'Decoded, without query string' }),
    idempotency_key: Type.Union([Type.String(), Type.Null()]),
    headers: { ...Headers, description: 'With lower-case names; secrets are `[redacted]`' },
    body: Type.Unknown({ description: 'As it was sent, secrets redacted; null where it is no JSON' }),
    body_bytes: Type.Integer(),
    status: Type.Union([Type.Integer(), Type.Null()], { description: 'null where the client was sent no answer' }),
    answer: Type.Object(
      { headers: Headers, body: Type.Unknown() },
      { description: 'What was answered or, where a fault took it away, would have been' }
    ),
    duration_ms: Type.Number({ description: 'Real milliseconds until the answer was ready to be sent' }),
    outcome: Type.Enum(outcomes, {
      description: '`faulted` where a fault took the place of the answer; a late or slow answer keeps its outcome'
    }),
    committed: Type.Boolean({ description: 'Whether this request stored something' }),
    rules: Type.Array(Type.String(), { description: 'Ids of the violated rules, as in docs/fidelity.md' }),
    fault: Type.Union([
      Type.Object({ id: Type.String({ format: 'uuid' }), kind: Type.String(), phase: Type.String() }),
      Type.Null()
    ]),
    findings: Type.Array(Finding, { description: 'What is no fault, and yet worth knowing' })
  },
  { $id: 'Request' }
)
export type Entry = Static<typeof Entry>

/** What a query string can ask of an entry. */
export const filters = {
  account: Type.Optional(AccountName),
  outcome: Type.Optional(Type.Enum(outcomes)),
  status: Type.Optional(Type.Integer({ description: 'The status that was sent' })),
  idempotency_key: Type.Optional(Type.String()),
  method: Type.Optional(Type.String()),
  path: Type.Optional(Type.String({ description: 'The whole path; `*` stands for anything' })),
  text: Type.Optional({
    ...Text,
    description:
      'Words that the request or its answer must have, each anywhere: in what the journal tells of it, headers and bodies included; upper and lower case are the same'
  }),
  since: Type.Optional(Instant("Not before this instant of the account's clock"))
}
export const Filter = Type.Object(filters, { additionalProperties: false })
export type Filter = Static<typeof Filter>

const count = (description: string) => Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000, description }))

export const Expectation = Type.Object(
  {
    account: Type.Optional(AccountName),
    match: Type.Optional(EntryMatch),
    times: count('Exactly so many'),
    at_least: count('So many or more; 1 without any of the three'),
    at_most: count('So many or fewer')
  },
  { additionalProperties: false }
)
export type Expectation = Static<typeof Expectation>

export const Verified = Type.Object({
  matched: Type.Integer(),
  dropped: Type.Integer({ description: 'Entries that the journal had no room for, and that are not counted' })
})

export const RequestPage = Type.Object({ ...pageOf(Entry).properties, dropped: Verified.properties.dropped })
export const WaitFilter = Type.Object(
  {
    ...filters,
    count: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1, description: 'How many must match' })
    ),
    timeout: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,6}(ms|s|m)?$',
        'x-topcalls-message': 'must be milliseconds, or a text such as "500ms", "30s" or "1m"',
        description: 'Real time, at most 1 minute, 5 s without: milliseconds, or a text such as `500ms`, `30s`, `1m`'
      })
    )
  },
  { additionalProperties: false }
)

const brief = {
  id: Entry.properties.id,
  method: Entry.properties.method,
  path: Entry.properties.path,
  status: Entry.properties.status,
  outcome: Entry.properties.outcome,
  idempotency_key: Entry.properties.idempotency_key
}
const Differences = Type.Array(
  Type.Object({
    path: Type.String({ description: 'Dotted path of the member' }),
    expected: Type.Unknown(),
    actual: Type.Optional(Type.Unknown({ description: 'Absent where the request has nothing there' }))
  })
)

/** The problem document of an expectation that was not met. */
export const Unmet = Type.Object(
  {
    ...ProblemDocument.properties,
    matched: Type.Array(Type.Object(brief), { description: 'What matched, at most 100' }),
    nearest: Type.Array(Type.Object({ ...brief, differences: Differences }), {
      description: 'The nearest misses first'
    }),
    dropped: Verified.properties.dropped
  },
  { $id: 'UnmetExpectation' }
)
export type Unmet = Static<typeof Unmet>
