import { type Static, Type } from 'typebox'
import { AccountName, Duration, Instant } from './common.ts'

export const numberSources = ['topcalls', 'byoc', 'manual', 'import', 'twilio'] as const
export type NumberSource = (typeof numberSources)[number]

export const numberStatuses = ['active', 'inactive', 'pending', 'failed', 'deleted'] as const
export type NumberStatus = (typeof numberStatuses)[number]

/** What the telephony layer may say of a number that it was asked for. */
export const nextStatuses = ['active', 'inactive', 'failed'] as const
export type NextStatus = (typeof nextStatuses)[number]

const closed = { additionalProperties: false }
const uuid = Type.String({ format: 'uuid' })
const orNull = <Schema extends Parameters<typeof Type.Optional>[0]>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]))

const ErrorMessage = Type.String({ maxLength: 1_000, description: 'Why it failed, as `error_message` tells' })

/** A stored phone number; of a seed file only the number is asked for. */
export const StoredPhoneNumber = Type.Object(
  {
    id: Type.Optional(uuid),
    number: Type.String({ pattern: '^\\+[1-9][0-9]{1,14}$', description: 'In E.164' }),
    voip_carrier_sid: Type.Optional(
      Type.Union([uuid, Type.Null()], { description: 'Without it, the number is on the carrier of TopCalls' })
    ),
    carrier_name: orNull(Type.String({ description: 'As the carrier is called' })),
    source: Type.Optional(Type.Enum(numberSources, { default: 'topcalls' })),
    phone_number_sid: orNull(uuid),
    status: Type.Optional(Type.Enum(numberStatuses, { default: 'active' })),
    label: orNull(Type.String({ maxLength: 100 })),
    error_message: orNull(ErrorMessage),
    created_by_user_id: orNull(uuid),
    created_at: Type.Optional(Instant('Without it, the present')),
    updated_at: Type.Optional(Instant('Without it, as `created_at`')),
    next: Type.Optional(
      Type.Object(
        {
          status: Type.Enum(nextStatuses),
          at: Instant("From when on it has this status, on the account's clock"),
          error_message: orNull(ErrorMessage)
        },
        { ...closed, description: 'What it becomes by itself' }
      )
    )
  },
  { $id: 'StoredPhoneNumber', ...closed }
)
export type StoredPhoneNumber = Static<typeof StoredPhoneNumber>

/** What is to become of a number. */
export const StatusRequest = Type.Object(
  {
    account: Type.Optional(AccountName),
    status: Type.Enum(nextStatuses, { description: 'What it becomes' }),
    after: Type.Optional(Duration("After this time of the account's clock; at once without")),
    error_message: Type.Optional(ErrorMessage)
  },
  { $id: 'StatusRequest', ...closed }
)
export type StatusRequest = Static<typeof StatusRequest>
