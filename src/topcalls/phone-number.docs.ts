import type { Strictness } from '../modes.ts'
import type { Behaviour } from '../observed.ts'
import { listOf } from './lists.ts'
import { PhoneNumber, PhoneNumberCreated } from './phone-number.ts'
import { ref } from './responses.parts.ts'
import { creationAnswers, unknownId } from './responses.problems.ts'
import { created, deletionAnswers, readAnswers } from './responses.ts'

// What openapi.yaml says of phone numbers beyond their schemas: words, examples, and where each answer comes from.

/** A fresh one for each: YAML would make an alias of what is shared. */
const phoneNumbers = () => ({ tags: ['Phone numbers'], security: [{ apiKey: [] }] })
const badId = { path: 'phone_number_id', message: 'must be a UUID', code: 'invalid_value' as const }
const noNumber = 'The account has no phone number with this id'

export const addPhoneNumber = (strictness: Strictness, behaviour: Behaviour) => ({
  ...phoneNumbers(),
  operationId: 'addPhoneNumber',
  summary: 'Add a phone number',
  description:
    'Adds a number on a carrier of the account or, without `voip_carrier_sid`, on one of TopCalls. Needs a key with the ' +
    'scope `phone_numbers:write`. With an `Idempotency-Key` a retry within 24 hours gets the first answer again, byte for byte.',
  'x-request-examples': {
    topcalls: { summary: 'On a carrier of TopCalls', value: { number: '+12025550123' } },
    byoc: {
      summary: 'On a carrier of the account',
      value: {
        number: '+442079460123',
        voip_carrier_sid: '6d9f8e7c-5b4a-4392-8170-6f5e4d3c2b1a',
        label: 'Front desk'
      }
    }
  },
  response: {
    ...created(behaviour, PhoneNumberCreated, 'The number exists, or existed already under this key', {
      id: '3c2b1a09-8e7d-4c5b-9a39-42819f605e4d',
      number: '+442079460123',
      voip_carrier_sid: '6d9f8e7c-5b4a-4392-8170-6f5e4d3c2b1a',
      carrier_name: 'My SIP provider',
      source: 'byoc',
      phone_number_sid: '5e4d3c2b-1a09-4e7d-8c5b-4a3942819f60',
      status: 'active',
      label: 'Front desk',
      account_id: 'c1f1f0de-6f0a-5b5e-9a57-1d2c3b4a5968',
      created_at: '2030-01-01T12:00:00.000Z'
    }),
    ...creationAnswers({
      strictness,
      behaviour,
      violation: {
        path: 'number',
        message: 'must be in E.164, such as +12025550123: a plus sign and digits, without blanks',
        code: 'invalid_value'
      },
      taken: {
        description: 'The account has this number already',
        detail: 'The account has this number already; delete it to add it again'
      }
    }),
    ...unknownId(behaviour, 'The account has no carrier with this voip_carrier_sid')
  }
})

export const listPhoneNumbers = (behaviour: Behaviour) => ({
  ...phoneNumbers(),
  operationId: 'listPhoneNumbers',
  summary: 'List phone numbers',
  description: 'Newest first, without those that are deleted. Needs a key with the scope `phone_numbers:read`.',
  response: readAnswers(behaviour, listOf(behaviour, PhoneNumber), 'Phone numbers of the account', {
    path: 'limit',
    message: 'must be from 1 to 200',
    code: 'too_big'
  })
})

export const getPhoneNumber = (behaviour: Behaviour) => ({
  ...phoneNumbers(),
  operationId: 'getPhoneNumber',
  summary: 'Read a phone number',
  description: 'Also one that is deleted. Needs a key with the scope `phone_numbers:read`.',
  response: {
    ...readAnswers(behaviour, ref(PhoneNumber), 'The phone number', badId),
    ...unknownId(behaviour, noNumber)
  }
})

export const deletePhoneNumber = (behaviour: Behaviour) => ({
  ...phoneNumbers(),
  operationId: 'deletePhoneNumber',
  summary: 'Delete a phone number',
  description:
    'It can still be read, as `deleted`, and its number may be added again. Needs a key with the scope `phone_numbers:write`.',
  response: { ...deletionAnswers(behaviour, badId), ...unknownId(behaviour, noNumber) }
})
