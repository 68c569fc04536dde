import fc from 'fast-check'
import { plainCarrier } from '../../fixtures/emulator.ts'

/** What may stand where something else is expected. */
const anything = fc.jsonValue({ maxDepth: 3 })
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  // Halves of surrogate pairs; `JSON.stringify` escapes those that are alone.
  fc.array(fc.integer({ min: 0xd7fe, max: 0xe001 })).map(units => String.fromCharCode(...units)),
  fc.constantFrom('', ' ', '\0', '\u2028', '\ufeff', '\u202e', 'a'.repeat(300), '\u{1f600}'.repeat(64), '__proto__')
)
/** Mostly what is wanted, so that some carriers are right in every member. */
const mostly = <T>(wanted: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof<[fc.WeightedArbitrary<unknown>, fc.WeightedArbitrary<unknown>]>(
    { weight: 6, arbitrary: wanted },
    { weight: 1, arbitrary: anything }
  )
const flag = mostly(fc.boolean())

const optional = { requiredKeys: [] }
const credentials = mostly(
  fc.record({ username: text, password: text, realm: fc.oneof(fc.domain(), text), sip_realm: anything }, optional)
)

/** Bodies that look like a carrier; some are one. */
const carrier = fc.record(
  {
    carrier_name: mostly(text),
    trunk_type: mostly(fc.constantFrom('static_ip', 'auth', 'reg', 'Static_IP')),
    sip_gateway: mostly(
      fc.record(
        {
          ipv4: mostly(fc.oneof(fc.ipV4(), fc.ipV4(), fc.domain(), fc.ipV6(), text)),
          port: mostly(fc.integer({ min: -1, max: 65_536 })),
          inbound: flag,
          outbound: flag
        },
        optional
      )
    ),
    registration: credentials,
    inbound_auth: credentials
  },
  { requiredKeys: ['carrier_name', 'sip_gateway'] }
)

const numbers = [
  '1e999',
  '-1e999',
  '-0',
  '5060.0',
  '1E1',
  '9007199254740993',
  '01',
  '1.',
  '.5',
  '0x1',
  'NaN',
  '-',
  '1e'
]
const withNumber = fc
  .oneof(fc.constantFrom(...numbers), fc.bigInt().map(String), fc.double().map(String))
  .map(number => `{"carrier_name":"n","sip_gateway":{"ipv4":"203.0.113.10","port":${number}}}`)

const nested = fc.tuple(fc.constantFrom('[', '{"a":', '[[{"a":'), fc.nat(12_000)).map(([level, depth]) => {
  const opened = level.repeat(depth)
  return depth % 2 === 0 ? opened : `{"carrier_name":"n","sip_gateway":${opened}`
})

const plain = JSON.stringify(plainCarrier)
const damaged = fc.constantFrom(
  `\ufeff${plain}`,
  `\u00a0${plain}`,
  `${plain}${plain}`,
  plain.replaceAll('"', "'"),
  plain.replace('}', ',}'),
  plain.replace('"My', '"\u0000My'),
  plain.replace('My', '\\ud800'),
  plain.replace('My', '\\u00'),
  plain.replace('{', '{"__proto__":{"x":1},'),
  plain.replace('{', '{"constructor":{"prototype":{}},'),
  plain.replace('{', '{"carrier_name":1,'),
  plain.slice(0, -1),
  'null',
  ''
)
const noText = fc
  .uint8Array({ maxLength: 8 })
  .map(bytes => Buffer.concat([Buffer.from(plain.slice(0, 20)), bytes, Buffer.from(plain.slice(20))]))

const texts = fc.oneof(
  { weight: 6, arbitrary: carrier.map(value => JSON.stringify(value)) },
  { weight: 2, arbitrary: anything.map(value => JSON.stringify(value)) },
  withNumber,
  nested,
  damaged
)
const bodies = fc.oneof({ weight: 8, arbitrary: texts.map(text => Buffer.from(text)) }, noText)

/** Members of a control call, whose account is named by whoever sends them. */
const members = fc.dictionary(
  fc.oneof(
    fc.constantFrom('phase', 'kind', 'match', 'times', 'status', 'delay', 'advance', 'freeze', 'limit', 'window'),
    fc.constantFrom('scopes', 'revoked', 'ttl', 'parts', 'set', 'at_least', 'at_most', 'path', 'headers', 'body'),
    fc.string()
  ),
  fc.oneof(fc.constantFrom('before', 'after', 'status', 'reset', '1s', 1, 0, true, null), anything),
  { maxKeys: 4 }
)

/** Bodies for the carrier route and members for control calls, the same for the same seed. */
export function drawBodies(seed: number, count: number): { bodies: Buffer[]; members: object[] } {
  return {
    bodies: fc.sample(bodies, { numRuns: count, seed }),
    members: fc.sample(members, { numRuns: count, seed })
  }
}
