import type { Strictness } from '../modes.ts'
import type { Behaviour } from '../observed.ts'
import { credentialMembers, spelled } from './carrier.credentials.ts'
import { Carrier } from './carrier.ts'
import { listOf } from './lists.ts'
import { conflict, creationAnswers, unknownId } from './responses.problems.ts'
import { created, deletionAnswers, readAnswers } from './responses.ts'

// What openapi.yaml says of carriers beyond their schemas: words, examples, and where each answer comes from.

function examplesOf(behaviour: Behaviour) {
  const { registration, inboundAuth } = credentialMembers(behaviour)
  return {
    static_ip: {
      summary: 'Allow-listed IP address',
      value: { carrier_name: 'My SIP provider', sip_gateway: { ipv4: '203.0.113.10' } }
    },
    outbound_host_name: {
      summary: 'Host name, for outbound calls only',
      value: {
        carrier_name: 'Outbound',
        sip_gateway: { ipv4: 'sip.example.com', port: 5060, inbound: false, outbound: true }
      }
    },
    auth: {
      summary: 'Credentials on inbound calls',
      value: {
        carrier_name: 'With credentials',
        trunk_type: 'auth',
        sip_gateway: { ipv4: '203.0.113.10' },
        inbound_auth: spelled(inboundAuth, { username: 'trunk', password: 'a secret' })
      }
    },
    reg: {
      summary: 'SIP registration',
      value: {
        carrier_name: 'Registered',
        trunk_type: 'reg',
        sip_gateway: { ipv4: '203.0.113.10' },
        registration: spelled(registration, { username: '1001', password: 'a secret', realm: 'sip.example.com' })
      }
    }
  }
}

/** A fresh one for each: YAML would make an alias of what is shared. */
const carriers = () => ({ tags: ['Phone numbers'], security: [{ apiKey: [] }] })

export const addCarrier = (strictness: Strictness, behaviour: Behaviour) => ({
  ...carriers(),
  operationId: 'addCustomCarrier',
  summary: 'Add a custom SIP carrier',
  description:
    'Creates a carrier with one SIP gateway. Needs a key with the scope `phone_numbers:write`. ' +
    'With an `Idempotency-Key` a retry within 24 hours gets the first answer again, byte for byte.',
  'x-request-examples': examplesOf(behaviour),
  response: {
    ...created(behaviour, Carrier, 'The carrier exists, or existed already under this key', {
      id: '0b7a3c5e-2f64-4c1e-8d0a-9b1c2d3e4f50',
      account_id: 'c1f1f0de-6f0a-5b5e-9a57-1d2c3b4a5968',
      voip_carrier_sid: '6d9f8e7c-5b4a-4392-8170-6f5e4d3c2b1a',
      sip_gateway_sid: '8e7d6c5b-4a39-4281-9f60-5e4d3c2b1a09',
      carrier_name: 'My SIP provider',
      trunk_type: 'static_ip',
      created_at: '2030-01-01T12:00:00.000Z'
    }),
    ...creationAnswers({
      strictness,
      behaviour,
      violation: {
        path: 'sip_gateway.ipv4',
        message: 'must be an IPv4 address such as 203.0.113.10',
        code: 'invalid_value'
      }
    })
  }
})

export const listCarriers = (behaviour: Behaviour) => ({
  ...carriers(),
  operationId: 'listCustomCarriers',
  summary: 'List custom SIP carriers',
  description: 'Newest first. Needs a key with the scope `phone_numbers:read`.',
  response: readAnswers(behaviour, listOf(behaviour, Carrier), 'Carriers of the account', {
    path: 'limit',
    message: 'must be from 1 to 200',
    code: 'too_big'
  })
})

export const deleteCarrier = (behaviour: Behaviour) => ({
  ...carriers(),
  operationId: 'deleteCustomCarrier',
  summary: 'Delete a custom SIP carrier',
  description:
    'Takes the `id` of the carrier, not its `voip_carrier_sid`. A carrier that still has phone numbers stays. ' +
    'Needs a key with the scope `phone_numbers:write`.',
  response: {
    ...deletionAnswers(behaviour, { path: 'carrier_id', message: 'must be a UUID', code: 'invalid_value' }),
    ...unknownId(behaviour, 'The account has no carrier with this id'),
    ...conflict(
      behaviour,
      'The carrier still has phone numbers',
      'The carrier still has 2 phone numbers; delete them first'
    )
  }
})
