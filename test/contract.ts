import t from 'tap'
import { carriersUrl, emulator, faultsOf, plainCarrier } from './fixtures/emulator.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

t.test('R4: success answers 201 with a flat object in the documented order', async t => {
  const { create } = await emulator(t)

  const answer = await create()

  t.equal(answer.statusCode, 201)
  t.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
  t.match(answer.headers['x-request-id'], uuid)
  t.same(Object.keys(answer.json()), [
    'id',
    'account_id',
    'voip_carrier_sid',
    'sip_gateway_sid',
    'carrier_name',
    'trunk_type',
    'created_at'
  ])
  t.match(answer.json(), {
    id: uuid,
    account_id: uuid,
    voip_carrier_sid: uuid,
    sip_gateway_sid: uuid,
    carrier_name: 'My SIP provider',
    trunk_type: 'static_ip',
    created_at: '2030-01-01T00:00:00.000Z'
  })
  const { id, account_id, voip_carrier_sid, sip_gateway_sid } = answer.json()
  t.equal(new Set([id, account_id, voip_carrier_sid, sip_gateway_sid]).size, 4, 'the ids differ')
})

t.test('credentials and gateway settings are never echoed', async t => {
  const { create } = await emulator(t)
  const body = {
    ...plainCarrier,
    trunk_type: 'reg',
    registration: { username: 'the-user', password: 'the-password', realm: 'the.realm' }
  }
  t.notMatch((await create(body)).body, /the-user|the-password|the\.realm|203\.0\.113\.10/)
})

t.test('R3: the request type is application/json', async t => {
  const { createRaw } = await emulator(t)
  const body = JSON.stringify(plainCarrier)
  for (const type of ['application/json', 'APPLICATION/JSON', 'application/json; charset=utf-8']) {
    t.equal((await createRaw(body, { headers: { 'content-type': type } })).statusCode, 201, type)
  }
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/vnd.api+json',
    'application/jsonx',
    'json'
  ]) {
    const answer = await createRaw(body, { headers: { 'content-type': type } })
    t.match(answer, { statusCode: 415, headers: { 'content-type': 'application/problem+json' } }, type)
  }
})

t.test('B1: carrier_name is a string of 1 to 100 code points, not trimmed', async t => {
  const { create } = await emulator(t)
  const named = (carrier_name: unknown) => create({ ...plainCarrier, carrier_name })

  for (const name of ['x', ' ', ' padded ', 'n'.repeat(100), '📞'.repeat(100), 'Zoë\u0000']) {
    const answer = await named(name)
    t.match(answer, { statusCode: 201 })
    t.equal(answer.json().carrier_name, name)
  }
  t.match(faultsOf(await named('')), { carrier_name: 'too_small' })
  t.match(faultsOf(await named('n'.repeat(101))), { carrier_name: 'too_big' })
  t.match(faultsOf(await named('📞'.repeat(101))), { carrier_name: 'too_big' })
  t.match(faultsOf(await named('half \ud83d')), { carrier_name: 'invalid_value' })
  for (const wrong of [1, null, true, ['x'], {}])
    t.match(faultsOf(await named(wrong)), { carrier_name: 'invalid_type' })
  t.match(faultsOf(await create({ sip_gateway: plainCarrier.sip_gateway })), { carrier_name: 'required' })
})

t.test('B2: trunk_type is static_ip, auth or reg, and static_ip by default', async t => {
  const { create } = await emulator(t)
  const credentials = { username: 'u', password: 'p' }
  const full = { ...plainCarrier, registration: credentials, inbound_auth: credentials }

  for (const trunk_type of ['static_ip', 'auth', 'reg']) {
    t.match((await create({ ...full, trunk_type })).json(), { trunk_type })
  }
  t.match((await create()).json(), { trunk_type: 'static_ip' })
  for (const trunk_type of ['', 'STATIC_IP', 'ip', null, 1]) {
    const answer = await create({ ...full, trunk_type })
    t.match(faultsOf(answer), { trunk_type: 'invalid_value' })
    t.match(answer.json().errors[0].message, /static_ip.*auth.*reg/)
  }
})

t.test('B3: sip_gateway is a required object', async t => {
  const { create } = await emulator(t)
  t.match(faultsOf(await create({ carrier_name: 'x' })), { sip_gateway: 'required' })
  for (const sip_gateway of [null, '203.0.113.10', [], 1]) {
    t.match(faultsOf(await create({ carrier_name: 'x', sip_gateway })), { sip_gateway: 'invalid_type' })
  }
})

t.test('B14: unknown members are ignored at every level', async t => {
  const { create } = await emulator(t)
  const answer = await create({
    ...plainCarrier,
    extra: 1,
    trunk_type: 'reg',
    sip_gateway: { ipv4: '203.0.113.10', netmask: 32 },
    registration: { username: 'u', password: 'p', transport: 'udp' },
    inbound_auth: { realm: { deep: [] } }
  })
  t.match(answer, { statusCode: 201 })
})

t.test('B15: the same request again makes another carrier', async t => {
  const { create } = await emulator(t)
  const [one, two] = [(await create()).json(), (await create()).json()]
  for (const member of ['id', 'voip_carrier_sid', 'sip_gateway_sid']) t.not(one[member], two[member])
})

t.test('every fault is told in one answer', async t => {
  const { create } = await emulator(t)
  const answer = await create({
    carrier_name: '',
    trunk_type: 'reg',
    sip_gateway: { ipv4: 'sip.example.com', port: '5060', outbound: 'yes' },
    inbound_auth: { username: 5 }
  })
  t.match(answer, { statusCode: 400, headers: { 'content-type': 'application/problem+json' } })
  t.same(faultsOf(answer), {
    carrier_name: 'too_small',
    registration: 'required',
    'sip_gateway.ipv4': 'invalid_value',
    'sip_gateway.port': 'invalid_type',
    'sip_gateway.outbound': 'invalid_type',
    'inbound_auth.username': 'invalid_type'
  })
  const { detail, errors, instance, type, status } = answer.json()
  t.match({ type, status }, { type: 'https://api.topcalls.ai/errors/invalid_request', status: 400 })
  t.equal(detail, `${errors[0].path} ${errors[0].message}`)
  t.equal(instance, answer.headers['x-request-id'])
})

t.test('a refusal never repeats a value that was sent', async t => {
  const { create, createRaw } = await emulator(t)
  const secret = 'pass word-of-a-carrier'
  const body = {
    carrier_name: { secret },
    trunk_type: secret,
    sip_gateway: { ipv4: secret, port: secret },
    registration: secret,
    inbound_auth: [secret]
  }
  t.notMatch((await create(body)).body, secret)
  t.notMatch((await createRaw(`{"registration": {"password": "${secret}" oops}}`)).body, /pass word/)
})

t.test('a body that is no object is refused', async t => {
  const { createRaw } = await emulator(t)
  for (const body of ['null', '[]', '"x"', '1', 'true']) {
    t.match(faultsOf(await createRaw(body)), { '': 'invalid_type' }, body)
  }
})

t.test('a refused request stores nothing', async t => {
  const { create, send } = await emulator(t)
  t.match(await create({}, { key: 'refused-key' }), { statusCode: 400 })
  t.match(await send({ method: 'PUT', url: carriersUrl }), { statusCode: 405 })
  const retry = await create(plainCarrier, { key: 'refused-key' })
  t.match(retry, { statusCode: 201 })
  t.notOk(retry.headers['idempotent-replayed'])
})
