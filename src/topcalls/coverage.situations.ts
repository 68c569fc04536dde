import { isObject } from '../json.ts'
import { windowMilliseconds } from '../store/idempotency.ts'
import { again, created, enforced, type Situation, violated } from './coverage.shown.ts'
import { siblings } from './coverage.siblings.ts'

const ipv4Form = /^[0-9.]+$/
const isIpv4 = (ipv4: unknown) => typeof ipv4 === 'string' && ipv4Form.test(ipv4)

/** Those of adding carriers, and of all requests, in the order of the rules. */
const usual: Situation[] = [
  violated('R1', 'key-refused', 'an API key that is missing, malformed or unknown', {
    missing: 'no test used an API key that is malformed, unknown or revoked'
  }),
  violated('R2', 'scope-missing', 'an API key without the scope', {
    missing: 'no test used an API key without the scope phone_numbers:write'
  }),
  violated('R3', 'not-json', 'a body or a type that is not JSON'),
  created('R4', 'created', 'a carrier that was created', 'no test created a carrier', () => true),
  violated('B1', 'name-refused', 'a carrier_name that is refused', {
    missing: 'nobody sent a carrier_name that is refused: an empty one, or one of 101 characters'
  }),
  created('B2', 'trunk-static-ip', 'trunk_type: static_ip', 'nobody sent trunk_type: static_ip', sent => {
    return sent.trunk_type === 'static_ip'
  }),
  created('B2', 'trunk-auth', 'trunk_type: auth', 'nobody sent trunk_type: auth', sent => sent.trunk_type === 'auth'),
  created('B2', 'trunk-reg', 'trunk_type: reg', 'nobody sent trunk_type: reg', sent => sent.trunk_type === 'reg'),
  created('B2', 'trunk-absent', 'no trunk_type', 'nobody left out trunk_type', sent => sent.trunk_type === undefined),
  violated('B2', 'trunk-refused', 'another trunk_type', { missing: 'nobody sent a trunk_type that does not exist' }),
  violated('B3', 'gateway-refused', 'no sip_gateway, or one that is no object'),
  created(
    'B4',
    'inbound-address',
    'an IPv4 address with inbound true',
    'nobody sent a gateway that is inbound',
    sent => {
      return sent.inbound !== false && isIpv4(sent.ipv4)
    }
  ),
  violated('B4', 'inbound-host-name', 'a host name with inbound true', {
    missing: 'nobody sent a host name with inbound: true, as the example of TopCalls does',
    shows: ({ violated, sent }) => violated.includes('B4') && typeof sent.ipv4 === 'string'
  }),
  violated('B5', 'registration-missing', 'trunk_type: reg without registration', {
    missing: 'nobody sent trunk_type: reg without registration'
  }),
  violated('B6', 'inbound-auth-missing', 'trunk_type: auth without inbound_auth', {
    missing: 'nobody sent trunk_type: auth without inbound_auth'
  }),
  created(
    'B7',
    'host-name',
    'a host name with inbound: false',
    'nobody sent a host name with inbound: false',
    sent => sent.inbound === false && typeof sent.ipv4 === 'string' && !isIpv4(sent.ipv4),
    enforced
  ),
  violated('B7', 'address-refused', 'an ipv4 that is neither address nor host name, or none', {
    within: enforced,
    missing: 'nobody sent a sip_gateway.ipv4 that is no address: one with a port, or with blanks'
  }),
  created('B8', 'port', 'a port', 'nobody sent a sip_gateway.port', sent => sent.port !== undefined, enforced),
  created(
    'B8',
    'port-absent',
    'no port',
    'nobody left out sip_gateway.port',
    ({ port }) => port === undefined,
    enforced
  ),
  violated('B8', 'port-refused', 'a port that is refused', {
    within: enforced,
    missing: 'nobody sent a sip_gateway.port that is refused: 0, 65536, or a text'
  }),
  created(
    'B9',
    'one-way',
    'inbound or outbound false',
    'nobody sent inbound: false or outbound: false',
    sent => sent.inbound === false || sent.outbound === false,
    enforced
  ),
  violated('B9', 'flag-refused', 'inbound or outbound that is not true or false', { within: enforced }),
  violated('B10', 'registration-refused', 'a registration that is refused', {
    within: enforced,
    missing: 'nobody sent a registration that is refused: without password, or with a blank in the username'
  }),
  violated('B11', 'inbound-auth-refused', 'an inbound_auth that is refused', {
    within: enforced,
    missing: 'nobody sent an inbound_auth that is refused: without password'
  }),
  created('B12', 'unused-credentials', 'credentials that the trunk_type does not use', undefined, sent => {
    const { trunk_type: type } = sent
    return (isObject(sent.registration) && type !== 'reg') || (isObject(sent.inbound_auth) && type !== 'auth')
  }),
  created('B13', 'null', 'null for registration or inbound_auth', undefined, sent => {
    return sent.registration === null || sent.inbound_auth === null
  }),
  violated('B14', 'unknown-member-refused', 'an unknown member that is refused, as observed', {
    where: ({ unknown_members }) => unknown_members === 'refused'
  }),
  violated('S1', 'unknown-member', 'an unknown member', {
    within: ['strict'],
    missing: 'nobody sent a member that does not exist'
  }),
  violated('S2', 'key-of-another-body', 'a key used again with another body', {
    within: ['strict'],
    missing: 'no test used an Idempotency-Key again with another body'
  }),
  {
    rule: 'E1',
    kind: 'fulfilled',
    id: 'body-refused',
    text: 'a body that is refused',
    needs: ['violated'],
    shows: ({ status, violated, lost }) => status === 400 && !violated.includes('I1') && !lost
  },
  violated('E7', 'nowhere', 'a path or a method that does not exist'),
  violated('E8', 'too-large', 'a body larger than 64 KiB'),
  violated('E9', 'compressed', 'a compressed body'),
  {
    rule: 'E12',
    kind: 'violated',
    id: 'limited',
    text: 'a 429',
    missing: 'no test met a 429: set a rate limit, or arm a fault with status 429',
    shows: ({ status }) => status === 429
  },
  again(
    'E12',
    'after-429',
    'a retry after a 429',
    'no test came back with the same Idempotency-Key after a 429',
    ({ created }, { limited }) => created && limited === true
  ),
  violated('E14', 'foreign-page', "a browser's page under a foreign name"),
  {
    rule: 'E15',
    kind: 'violated',
    id: 'no-quota',
    text: 'a 402',
    missing: 'no test met a 402: arm a fault with status 402',
    shows: ({ status }) => status === 402
  },
  violated('J1', 'hostile-json', 'invalid UTF-8, __proto__ or deep nesting'),
  {
    rule: 'I1',
    kind: 'fulfilled',
    id: 'key',
    text: 'an Idempotency-Key',
    missing: 'nobody sent an Idempotency-Key',
    needs: ['addCustomCarrier', 'addPhoneNumber'],
    shows: ({ keyed }) => keyed
  },
  violated('I1', 'idempotency-key-refused', 'an Idempotency-Key that is refused', {
    missing: 'nobody sent an Idempotency-Key that is refused: one of 7 characters, or with a dot'
  }),
  {
    rule: 'I2',
    kind: 'fulfilled',
    id: 'replay',
    text: 'a retry that got the first answer',
    missing: 'no test sent a request twice with the same Idempotency-Key',
    shows: ({ replayed, lost }) => replayed && !lost
  },
  again(
    'I4',
    'expired',
    'a key used again after 24 hours',
    'no test waited out the 24 hours: advance the clock and use the key again',
    ({ created, now }, { createdAt }) => created && createdAt !== undefined && now - createdAt >= windowMilliseconds
  ),
  {
    rule: 'I7',
    kind: 'violated',
    id: 'mismatch',
    text: 'a key used again with another body',
    missing: 'no test used an Idempotency-Key again with another body',
    within: ['documented', 'inferred'],
    // Where it was observed so, it is a refusal.
    shows: ({ mismatch, violated }) => mismatch || violated.includes('I7')
  },
  {
    ...again(
      'I9',
      'after-refusal',
      'a retry, mended, after a refusal',
      'no test sent a refused request again, mended, with the same Idempotency-Key',
      ({ created }, { refused }) => created && refused === true
    ),
    where: ({ refusals_kept }) => !refusals_kept
  },
  again(
    'I10',
    'simultaneous',
    'duplicates at the same time',
    'no test sent a request twice at the same time with the same Idempotency-Key',
    (shown, { createdAt, replayed }) =>
      shown.overlapping && ((shown.replayed && createdAt !== undefined) || (shown.created && replayed === true))
  ),
  again(
    'I12',
    'after-lost-answer',
    'a retry after a lost answer',
    'no test retried after a lost answer: arm a fault with phase after',
    // A late answer may be lost after its retry has come.
    (shown, { lost, replayed }) =>
      (shown.replayed && !shown.lost && lost === true) ||
      (shown.created && shown.lost && shown.overlapping && replayed === true)
  ),
  again(
    'I13',
    'after-failure',
    'a retry after a failure',
    'no test retried after a failure before the commit: arm a fault with status 503, or with kind reset',
    ({ created }, { failed }) => created && failed === true
  )
]

/** Every situation. */
export const situations: Situation[] = [...usual, ...siblings]
