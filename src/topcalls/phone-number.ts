import { type Static, Type } from 'typebox'
import type { Strictness } from '../modes.ts'
import { type Behaviour, guesses } from '../observed.ts'
import { numberSources, numberStatuses } from '../schemas/phone-number.ts'
import { closedBy, halfPair, instant, uuid } from './members.ts'
import { enforcing } from './rules.ts'

/**
 * The body of "add phone number": validator and documentation in one. `strictness` decides which rules are in it. The two
 * formats need what `loadNumberingPlans` loads.
 */
export function phoneNumberCreate(strictness: Strictness, behaviour: Behaviour = guesses) {
  return Type.Object(
    {
      number: Type.String({
        pattern: '^\\+[1-9][0-9]{1,14}$',
        ...enforcing('N1', 'must be in E.164, such as +12025550123: a plus sign and digits, without blanks'),
        allOf: [
          {
            format: 'possible-phone-number',
            ...enforcing('N2', 'is no number that can be dialled: the country code or the length is wrong')
          },
          ...(strictness === 'documented'
            ? []
            : [
                {
                  format: 'valid-phone-number',
                  ...enforcing('N3', 'is no valid number of its country; for tests there is, for example, +12025550123')
                }
              ])
        ],
        description: 'In E.164, and valid by the rules of libphonenumber'
      }),
      voip_carrier_sid: Type.Optional(
        Type.String({
          format: 'uuid',
          ...enforcing('N4', 'must be a UUID: the voip_carrier_sid of a carrier'),
          description: 'The carrier that the number is on; one of TopCalls without'
        })
      ),
      label: Type.Optional(
        Type.String({
          maxLength: 100,
          format: 'well-formed-unicode',
          ...enforcing('N5', halfPair),
          description: 'A name for people; counted in Unicode code points'
        })
      )
    },
    {
      $id: 'PhoneNumberCreate',
      ...enforcing('R3'),
      ...closedBy(strictness, behaviour),
      description: 'A phone number to be added'
    }
  )
}
export type PhoneNumberCreate = Static<ReturnType<typeof phoneNumberCreate>>

const documented = { 'x-topcalls-source': 'documented' }
const orNull = <Schema extends Parameters<typeof Type.Optional>[0]>(schema: Schema, description: string) =>
  Type.Union([schema, Type.Null()], { ...documented, description })

const label = orNull(Type.String(), 'As it was sent; null without')

/** The answer to "add phone number", with the members and values that TopCalls documents of it. */
export const PhoneNumberCreated = Type.Object(
  {
    id: uuid('The number as a record; reading and deleting take this one'),
    number: Type.String({ ...documented, description: 'In E.164' }),
    voip_carrier_sid: uuid('The carrier that it is on'),
    carrier_name: Type.String({ ...documented, description: 'As that carrier is called' }),
    source: Type.Enum(['topcalls', 'byoc'], {
      ...documented,
      description: '`byoc` on a carrier of the account, `topcalls` on one of TopCalls'
    }),
    phone_number_sid: uuid('The number in the telephony layer'),
    status: Type.Enum(['active', 'pending'], { ...documented, description: 'Whether it can be used already' }),
    label,
    account_id: uuid('The account that the key belongs to'),
    created_at: instant('RFC 3339 in UTC with milliseconds and `Z`')
  },
  { $id: 'PhoneNumberCreated', ...documented, description: 'A phone number that was added' }
)
export type PhoneNumberCreated = Static<typeof PhoneNumberCreated>

/** A phone number as it is read. */
export const PhoneNumber = Type.Object(
  {
    id: PhoneNumberCreated.properties.id,
    account_id: PhoneNumberCreated.properties.account_id,
    number: PhoneNumberCreated.properties.number,
    source: Type.Enum(numberSources, { ...documented, description: 'Where it came from' }),
    status: Type.Enum(numberStatuses, {
      ...documented,
      description: '`deleted` numbers can be read, and are not listed'
    }),
    phone_number_sid: orNull(Type.String({ format: 'uuid' }), 'The number in the telephony layer'),
    voip_carrier_sid: orNull(Type.String({ format: 'uuid' }), 'The carrier that it is on'),
    carrier_name: orNull(Type.String(), 'As that carrier is called'),
    label,
    error_message: orNull(Type.String(), 'Why it failed'),
    created_by_user_id: orNull(Type.String({ format: 'uuid' }), 'null for what a key has added'),
    created_at: PhoneNumberCreated.properties.created_at,
    updated_at: instant('When its status was last changed')
  },
  { $id: 'PhoneNumber', ...documented, description: 'A phone number' }
)
export type PhoneNumber = Static<typeof PhoneNumber>
