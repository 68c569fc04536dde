import { Carrier } from './carrier.ts'
import { problem, success } from './responses.ts'

// What openapi.yaml says of "add custom carrier" beyond its schemas: words, examples, and where each answer comes from.

const examples = {
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
      inbound_auth: { username: 'trunk', password: 'a secret' }
    }
  },
  reg: {
    summary: 'SIP registration',
    value: {
      carrier_name: 'Registered',
      trunk_type: 'reg',
      sip_gateway: { ipv4: '203.0.113.10' },
      registration: { username: '1001', password: 'a secret', realm: 'sip.example.com' }
    }
  }
}

export const addCarrierDescription = {
  operationId: 'addCustomCarrier',
  tags: ['Phone numbers'],
  summary: 'Add a custom SIP carrier',
  description:
    'Creates a carrier with one SIP gateway. Needs a key with the scope `phone_numbers:write`. ' +
    'With an `Idempotency-Key` a retry within 24 hours gets the first answer again, byte for byte.',
  security: [{ apiKey: [] }],
  'x-request-examples': examples
}

const challenge = { 'WWW-Authenticate': { type: 'string', description: 'As RFC 6750 says' } }
const retryAfter = { 'Retry-After': { type: 'integer', description: 'Seconds' } }
const replayHeaders = {
  'Idempotent-Replayed': { type: 'string', enum: ['true'], description: 'Only on a repeated answer' },
  'Idempotency-Payload-Mismatch': {
    type: 'string',
    enum: ['true'],
    description: 'Only on an answer that is repeated although the body differs'
  }
}

/** An answer that only the live service gives by itself. */
const elsewhere = 'The fake never answers this by itself.'

/** Every answer of the operation, those of the HTTP layer included. */
export const addCarrierAnswers = {
  201: success(
    Carrier,
    {
      source: 'inferred',
      description: 'The carrier exists, or existed already under this key',
      headers: replayHeaders
    },
    {
      created: {
        summary: 'A new carrier',
        value: {
          id: '0b7a3c5e-2f64-4c1e-8d0a-9b1c2d3e4f50',
          account_id: 'c1f1f0de-6f0a-5b5e-9a57-1d2c3b4a5968',
          voip_carrier_sid: '6d9f8e7c-5b4a-4392-8170-6f5e4d3c2b1a',
          sip_gateway_sid: '8e7d6c5b-4a39-4281-9f60-5e4d3c2b1a09',
          carrier_name: 'My SIP provider',
          trunk_type: 'static_ip',
          created_at: '2030-01-01T12:00:00.000Z'
        }
      }
    }
  ),
  400: problem(
    { source: 'documented', description: 'The body or the key is not acceptable; `errors` names every fault' },
    [
      'invalid_body',
      'sip_gateway.ipv4 must be an IPv4 address',
      [{ path: 'sip_gateway.ipv4', message: 'must be an IPv4 address', code: 'invalid_value' }]
    ],
    [
      'invalid_request',
      'Idempotency-Key must have 8 to 255 characters',
      [{ path: 'Idempotency-Key', message: 'must have 8 to 255 characters', code: 'too_small' }]
    ]
  ),
  401: problem(
    {
      source: 'documented',
      description: 'No key, or one that is malformed, unknown, revoked or expired',
      headers: challenge
    },
    ['unauthorized', 'Send an API key: Authorization: Bearer tc_live_…']
  ),
  402: problem({ source: 'documented', description: `The account has no quota left. ${elsewhere}` }, [
    'insufficient_quota',
    'The account has no quota left'
  ]),
  403: problem({ source: 'inferred', description: 'The key lacks the scope', headers: challenge }, [
    'forbidden',
    'The API key lacks the scope phone_numbers:write'
  ]),
  408: problem({ source: 'fake', description: 'The request did not arrive in time' }, [
    'request_timeout',
    'The request did not arrive in time'
  ]),
  413: problem({ source: 'fake', description: 'The body is larger than 64 KiB' }, [
    'payload_too_large',
    'The body is larger than 65536 bytes'
  ]),
  415: problem(
    {
      source: 'fake',
      description: 'The body is not `application/json`, or it is compressed',
      headers: { 'Accept-Encoding': { type: 'string', description: '`identity`, where the body was compressed' } }
    },
    ['unsupported_media_type', 'Content-Type must be application/json']
  ),
  422: problem(
    { source: 'fake', description: 'The key was first used on another operation or, in `strict`, with another body' },
    ['idempotency_key_reused', 'This Idempotency-Key was first used with another body; use a fresh key (rule S2)']
  ),
  429: problem({ source: 'inferred', description: `Too many requests. ${elsewhere}`, headers: retryAfter }, [
    'rate_limited',
    'Too many requests'
  ]),
  431: problem({ source: 'fake', description: 'The headers are larger than 16 KiB' }, [
    'headers_too_large',
    'The headers are larger than 16 KiB'
  ]),
  500: problem({ source: 'fake', description: 'A bug of the fake; please report it' }, [
    'internal_error',
    'Something went wrong inside fake-topcalls; its log says more'
  ]),
  503: problem(
    {
      source: 'fake',
      description: 'The database is locked or the disk failed; nothing was stored',
      headers: retryAfter
    },
    ['unavailable', 'The database stayed locked by another process for 5 s; nothing was stored']
  )
}
