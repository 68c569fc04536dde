import { type Static, Type } from 'typebox'
import { trunkTypes } from './carrier.ts'
import { AccountId, AccountName, Instant } from './common.ts'
import { Fault, FaultRequest, mostFaults } from './fault.ts'
import { ApiKey, StoredKey } from './key.ts'
import { StoredPhoneNumber } from './phone-number.ts'
import { RateLimit } from './rate-limit.ts'

export const stateVersion = 1

/** What is stored in tables. */
export const tableParts = ['carriers', 'phone_numbers', 'idempotency'] as const
export type TablePart = (typeof tableParts)[number]

/** What a reset takes back by itself. */
export const usualParts = [...tableParts, 'requests', 'faults', 'keys', 'rate_limits', 'clock'] as const

/** Coverage speaks of a whole suite, which may reset between its tests, so it goes only where it is named. */
export const parts = [...usualParts, 'coverage'] as const
export type Part = (typeof parts)[number]

const closed = { additionalProperties: false }
const uuid = Type.String({ format: 'uuid' })
const orNull = <Schema extends Parameters<typeof Type.Optional>[0]>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]))

/** A stored carrier; of a seed file only the name is asked for. */
export const StoredCarrier = Type.Object(
  {
    id: Type.Optional(uuid),
    voip_carrier_sid: Type.Optional(uuid),
    sip_gateway_sid: Type.Optional(uuid),
    carrier_name: Type.String({ minLength: 1, maxLength: 100 }),
    trunk_type: Type.Optional(Type.Enum(trunkTypes, { default: 'static_ip' })),
    sip_gateway: Type.Optional(
      Type.Object(
        {
          ipv4: orNull(Type.String()),
          port: orNull(Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER })),
          inbound: orNull(Type.Boolean()),
          outbound: orNull(Type.Boolean())
        },
        closed
      )
    ),
    registration_password_sent: Type.Optional(Type.Boolean({ description: 'The password itself is not kept' })),
    inbound_password_sent: Type.Optional(Type.Boolean()),
    created_at: Type.Optional(Instant('Without it, the present'))
  },
  { $id: 'StoredCarrier', ...closed }
)
export type StoredCarrier = Static<typeof StoredCarrier>

/** A stored answer. */
export const StoredRecord = Type.Object(
  {
    key: Type.String({ pattern: '^[A-Za-z0-9_-]{8,255}$', description: 'The idempotency key' }),
    operation: Type.String({ description: 'Method and route, such as `POST /v1/phone-numbers/carriers`' }),
    fingerprint: Type.Optional(
      Type.String({ description: 'Of the body; comparable where `fingerprint_domain` is the same' })
    ),
    status: Type.Integer({ minimum: 200, maximum: 599 }),
    content_type: Type.String({ pattern: '^[\\x20-\\x7e]+$' }),
    body: Type.String({ description: 'The answer, byte for byte' }),
    created_at: Instant('The window of 24 hours begins here')
  },
  { $id: 'StoredRecord', ...closed }
)
export type StoredRecord = Static<typeof StoredRecord>

const ClockState = Type.Object({ now: Instant('What it shows'), frozen: Type.Boolean() }, closed)
export type ClockState = Static<typeof ClockState>

const { account_id: _, ...seedKey } = ApiKey.properties
const { account: __, ...seedFault } = FaultRequest.properties

/** Faults as exported, or as they are armed, in a seed file. */
const Faults = Type.Array(Type.Union([Fault, Type.Object(seedFault, closed)]), { maxItems: mostFaults })

/** Everything of one account, its requests excepted. */
export const AccountState = Type.Object(
  {
    account_id: AccountId,
    clock: Type.Optional(ClockState),
    carriers: Type.Optional(Type.Array(StoredCarrier)),
    phone_numbers: Type.Optional(Type.Array(StoredPhoneNumber)),
    idempotency: Type.Optional(Type.Array(StoredRecord)),
    keys: Type.Optional(
      Type.Array(Type.Union([StoredKey, Type.Object(seedKey, closed)]), {
        description: 'With salt and hash, as exported, or with the key itself, in a seed file'
      })
    ),
    rate_limit: orNull(RateLimit),
    faults: Type.Optional(Faults)
  },
  { $id: 'AccountState', ...closed }
)
export type AccountState = Static<typeof AccountState>

/** A whole state: what `GET /state` answers and what `PUT /state` and `--seed-file` take. */
export const State = Type.Object(
  {
    version: Type.Literal(stateVersion, { 'x-topcalls-message': `must be ${stateVersion}` }),
    fingerprint_domain: Type.Optional(Type.String({ description: 'Names the database whose fingerprints these are' })),
    clock: Type.Optional(ClockState),
    rate_limit: orNull(RateLimit),
    faults: Type.Optional({ ...Faults, description: 'Those for all accounts' }),
    accounts: Type.Array(AccountState)
  },
  {
    $id: 'State',
    ...closed,
    description: 'One document with everything but the requests. It holds no key and no password'
  }
)
export type State = Static<typeof State>

export const ResetRequest = Type.Object(
  {
    account: Type.Optional(AccountName),
    parts: Type.Optional(
      Type.Array(Type.Enum(parts), { minItems: 1, description: 'What to reset; everything but `coverage` without' })
    )
  },
  { $id: 'ResetRequest', ...closed }
)
export type ResetRequest = Static<typeof ResetRequest>
