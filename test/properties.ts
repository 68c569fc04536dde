import fc from 'fast-check'
import t from 'tap'
import { carrierCreate } from '../src/topcalls/carrier.ts'
import { canonicalJson } from '../src/topcalls/idempotency.ts'
import { carriersUrl, emulator, plainCarrier } from './fixtures/emulator.ts'

const runs = { numRuns: 300 }

/** Values that are nearly right, so that the deeper rules are met as well. */
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 130 }),
  fc.constantFrom('203.0.113.10', 'sip.example.com', 'reg', 'auth', 'static_ip', '', ' ', '\ud800')
)
const scalar = fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null))
const loose = (members: Record<string, fc.Arbitrary<unknown>>) =>
  fc.oneof({ weight: 5, arbitrary: fc.record(members, { requiredKeys: [] }) }, { weight: 1, arbitrary: fc.jsonValue() })
const credentials = loose({ username: scalar, password: scalar, realm: scalar, register_username: scalar })
const body = loose({
  carrier_name: scalar,
  trunk_type: fc.oneof(fc.constantFrom('reg', 'auth', 'static_ip'), scalar),
  sip_gateway: loose({
    ipv4: scalar,
    port: fc.oneof(fc.integer({ min: 0, max: 70_000 }), scalar),
    inbound: fc.oneof(fc.boolean(), scalar),
    outbound: fc.boolean()
  }),
  registration: credentials,
  inbound_auth: credentials
})

for (const strictness of ['documented', 'inferred', 'strict'] as const) {
  t.test(`no JSON whatsoever yields a 5xx in ${strictness}, and a refusal names at least one fault`, async t => {
    const { createRaw } = await emulator(t, { strictness })
    let number = 0
    await fc.assert(
      fc.asyncProperty(fc.oneof(body, fc.jsonValue()), fc.boolean(), async (value, keyed) => {
        const answer = await createRaw(JSON.stringify(value), keyed ? { key: `property-${number++}` } : {})
        const { statusCode } = answer
        return statusCode === 201 || (statusCode === 400 && answer.json().errors.length > 0)
      }),
      runs
    )
    t.match(await createRaw(JSON.stringify(plainCarrier)), { statusCode: 201 }, 'and the server still works')
  })
}

t.test('no bytes whatsoever as a body yield a 5xx', async t => {
  const { createRaw } = await emulator(t)
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array)),
    fc.json().map(json => Buffer.from(json.replace(/[{}"]/, '')))
  )
  await fc.assert(
    fc.asyncProperty(bytes, async payload => [201, 400].includes((await createRaw(payload)).statusCode)),
    runs
  )
  t.pass()
})

t.test('no header value whatsoever yields a 5xx', async t => {
  const { send } = await emulator(t)
  // What a client can put on the wire: visible Latin-1, blanks and tabs.
  const value = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map(code => String.fromCharCode(code)) })
  const name = fc.constantFrom(
    'authorization',
    'idempotency-key',
    'content-type',
    'content-encoding',
    'accept',
    'expect'
  )
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, value), async headers => {
      const answer = await send({ method: 'POST', url: carriersUrl, payload: plainCarrier }, { headers })
      return answer.statusCode < 500
    }),
    runs
  )
  t.pass()
})

t.test('the canonical text is what it always was: files hold fingerprints of it', t => {
  const body = '{"\\uffff":5,"😀":4,"b":[true,null,-0,1e21,0.10],"10":2,"9":{},"a":"\\u0000\\ud800é"}'
  t.equal(
    canonicalJson(JSON.parse(body)),
    '{"10":2,"9":{},"a":"\\u0000\\ud800é","b":[true,null,0,1e+21,0.1],"😀":4,"\uffff":5}'
  )
  t.end()
})

t.test('the canonical text is the same for every order of members and parses to the same value', t => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([name, member]) => [name, shuffled(member)])
    )
  }
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const canonical = canonicalJson(value)
      t.ok(canonical === canonicalJson(shuffled(value)))
      return canonical === canonicalJson(JSON.parse(canonical))
    }),
    runs
  )
  t.not(canonicalJson({ x: 1 }), canonicalJson({ x: '1' }))
  t.not(canonicalJson({ x: null }), canonicalJson({ x: JSON.parse('1e999') }))
  t.not(canonicalJson({ x: '\ud800' }), canonicalJson({ x: '\ud801' }))
  t.equal(canonicalJson({ x: -0 }), canonicalJson({ x: 0 }))
  t.end()
})

t.test('no pattern hangs on 9 kB of hostile text in each member', async t => {
  const { create } = await emulator(t)
  const patterns = JSON.stringify(carrierCreate('inferred')).match(/"pattern"/g)
  t.ok((patterns?.length ?? 0) > 5)
  const hostile = ['.', 'a.', 'a-', '1.', 'a', ' ', '9'].map(piece => piece.repeat(Math.floor(9_000 / piece.length)))
  for (const piece of hostile) {
    const ending = `${piece} `
    const answer = await create({
      carrier_name: ending,
      trunk_type: 'reg',
      sip_gateway: { ipv4: ending, inbound: false },
      registration: { username: ending, password: ' '.repeat(9_000), realm: ending, domain: piece }
    })
    t.match(answer, { statusCode: 400 })
  }
})
