import t from 'tap'
import { emulator, faultsOf, gateway, plainCarrier } from './fixtures/emulator.ts'

t.test('documented enforces only what TopCalls documents', async t => {
  const { create } = await emulator(t, { strictness: 'documented' })

  const notJudged = [
    gateway({}),
    gateway({ ipv4: 'sip.example.com' }),
    gateway({ ipv4: 'any thing', inbound: false }),
    gateway({ ipv4: '203.0.113.10', port: '5060', inbound: 'yes', outbound: null }),
    gateway({ ipv4: '203.0.113.10', port: 99_999 }),
    { ...plainCarrier, trunk_type: 'reg', registration: {} },
    { ...plainCarrier, trunk_type: 'auth', inbound_auth: { username: 5 } },
    { ...plainCarrier, extra: true }
  ]
  for (const body of notJudged) t.match(await create(body), { statusCode: 201 }, JSON.stringify(body))

  t.match(faultsOf(await create(gateway({ ipv4: '\ud800' }))), { 'sip_gateway.ipv4': 'invalid_value' }, 'not storable')
  t.same(faultsOf(await create({})), { carrier_name: 'required', sip_gateway: 'required' })
  t.match(faultsOf(await create({ ...plainCarrier, trunk_type: 'x' })), { trunk_type: 'invalid_value' })
  t.same(faultsOf(await create(gateway({ ipv4: 'sip.example.com', inbound: true }))), {
    'sip_gateway.ipv4': 'invalid_value'
  })
  t.same(faultsOf(await create(gateway({ inbound: true }))), { 'sip_gateway.ipv4': 'required' })
  t.same(faultsOf(await create(gateway({ ipv4: 5, inbound: true }))), { 'sip_gateway.ipv4': 'invalid_type' })
  t.same(faultsOf(await create({ ...plainCarrier, trunk_type: 'reg' })), { registration: 'required' })
  t.same(faultsOf(await create({ ...plainCarrier, trunk_type: 'auth', inbound_auth: 'x' })), {
    inbound_auth: 'invalid_type'
  })
})

t.test('S1: strict refuses unknown members at every level', async t => {
  const { create } = await emulator(t, { strictness: 'strict' })
  const answer = await create({
    carrier_name: 'x',
    name: 'x',
    trunk_type: 'reg',
    sip_gateway: { ipv4: '203.0.113.10', netmask: 32 },
    registration: { username: 'u', register_password: 'p', transport: 'udp' },
    inbound_auth: { user: 'u' }
  })
  t.match(answer, { statusCode: 400 })
  t.same(faultsOf(answer), {
    name: 'custom',
    'sip_gateway.netmask': 'custom',
    'registration.transport': 'custom',
    'inbound_auth.user': 'custom'
  })
  t.match(await create(plainCarrier), { statusCode: 201 })
  t.match(
    faultsOf(await create(gateway({ ipv4: 'x', port: '1' }))),
    { 'sip_gateway.port': 'invalid_type' },
    'inferred rules hold too'
  )
})

t.test('S1: strict tells each of thousands of unknown members, and what else is wrong', async t => {
  const { create } = await emulator(t, { strictness: 'strict' })
  const unknown = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`x${index}`, 1]))
  const everyOne = Object.fromEntries(Object.keys(unknown).map(name => [name, 'custom']))
  t.same(faultsOf(await create({ ...plainCarrier, ...unknown })), everyOne)
  t.same(faultsOf(await create({ ...unknown, ...plainCarrier, carrier_name: '' })), {
    ...everyOne,
    carrier_name: 'too_small'
  })
})

t.test('S2: strict refuses a key that is used again with another body, and keeps the record', async t => {
  const { create } = await emulator(t, { strictness: 'strict' })
  const first = await create(plainCarrier, { key: 'strict-key' })

  for (const body of [{ ...plainCarrier, carrier_name: 'Other' }, {}]) {
    const refused = await create(body, { key: 'strict-key' })
    t.match(refused, { statusCode: 422, headers: { 'content-type': 'application/problem+json' } })
    t.match(refused.json(), { type: 'https://api.topcalls.ai/errors/idempotency_key_reused' })
    t.notOk(refused.headers['idempotent-replayed'])
  }
  t.equal((await create(plainCarrier, { key: 'strict-key' })).body, first.body)
})

for (const strictness of ['documented', 'inferred', 'strict'] as const) {
  t.test(`B4: the documentation's own example is refused in ${strictness}`, async t => {
    const { create } = await emulator(t, { strictness })
    const answer = await create({
      carrier_name: 'My Provider',
      trunk_type: 'static_ip',
      sip_gateway: { ipv4: 'sip.myprovider.com', port: 5060, inbound: true, outbound: true }
    })
    t.match(answer, { statusCode: 400 })
    t.same(faultsOf(answer), { 'sip_gateway.ipv4': 'invalid_value' })
  })
}
