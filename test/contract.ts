import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { peek } from './fixtures/database.ts'
import { carriersUrl, emulator, faultsOf, gateway, plainCarrier } from './fixtures/emulator.ts'

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

t.test(
  'B4: an inbound gateway needs an IPv4 address, and the example of the documentation is told how to get one',
  async t => {
    const { create } = await emulator(t)
    const documentedExample = {
      carrier_name: 'My Provider',
      trunk_type: 'static_ip',
      sip_gateway: { ipv4: 'sip.myprovider.com', port: 5060, inbound: true, outbound: true }
    }

    const answer = await create(documentedExample)

    t.match(answer, { statusCode: 400 })
    t.match(answer.json(), { title: 'Invalid request body', detail: /^sip_gateway\.ipv4 must be an IPv4 address/ })
    t.same(answer.json().errors.length, 1)
    t.match(answer.json().errors[0], { path: 'sip_gateway.ipv4', message: /203\.0\.113\.10.*"inbound": false/ })
    const registration = { username: 'u', password: 'p' }
    t.match(
      faultsOf(await create({ ...documentedExample, trunk_type: 'reg', registration })),
      { 'sip_gateway.ipv4': 'invalid_value' },
      'whatever the trunk type'
    )
  }
)

t.test('B7: ipv4 is a strict dotted quad', async t => {
  const { create } = await emulator(t)
  for (const ipv4 of ['203.0.113.10', '0.0.0.0', '255.255.255.255', '1.2.3.4']) {
    t.match(await create(gateway({ ipv4 })), { statusCode: 201 }, ipv4)
  }
  const wrong = [
    '256.1.1.1',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.4/24',
    '1.2.3.4:5060',
    ' 1.2.3.4',
    '1.2.3.4\n',
    '::1',
    '１.2.3.4'
  ]
  for (const ipv4 of wrong) {
    for (const inbound of [true, false]) {
      t.match(
        faultsOf(await create(gateway({ ipv4, inbound }))),
        { 'sip_gateway.ipv4': 'invalid_value' },
        `${ipv4} ${inbound}`
      )
    }
  }
  t.match(faultsOf(await create(gateway({}))), { 'sip_gateway.ipv4': 'required' })
  t.match(faultsOf(await create(gateway({ ipv4: null }))), { 'sip_gateway.ipv4': 'invalid_type' })
  t.match(faultsOf(await create(gateway({ ipv4: 16909060 }))), { 'sip_gateway.ipv4': 'invalid_type' })
})

t.test('B7: an outbound-only gateway may have an RFC 1123 host name of at most 128 characters', async t => {
  const { create } = await emulator(t)
  const outbound = (ipv4: string) => create(gateway({ ipv4, inbound: false }))

  for (const name of [
    'sip.example.com',
    'localhost',
    '3com.net',
    'a-b.c',
    'xn--bcher-kva.example',
    '1.2.3.4',
    'SIP.EXAMPLE',
    'a1'
  ]) {
    t.match(await outbound(name), { statusCode: 201 }, name)
  }
  for (const name of [
    '',
    '-a.de',
    'a-.de',
    'a..de',
    '.de',
    'a.de.',
    'a_b.de',
    'a b.de',
    'a.123',
    `${'a'.repeat(64)}.de`,
    'sip:a.de',
    'bücher.de'
  ]) {
    t.match(await outbound(name), { statusCode: 400 }, name)
  }
  const labels = (length: number) =>
    'a.'
      .repeat(length)
      .slice(0, length - 1)
      .padEnd(length, 'b')
  t.match(await outbound(labels(128)), { statusCode: 201 })
  t.match(faultsOf(await outbound(labels(129))), { 'sip_gateway.ipv4': 'too_big' })
})

t.test('B8: port is a JSON integer from 1 to 65535', async t => {
  const { create } = await emulator(t)
  const withPort = (port: unknown) => create(gateway({ ipv4: '203.0.113.10', port }))
  for (const port of [1, 5060, 65535]) t.match(await withPort(port), { statusCode: 201 })
  t.match(faultsOf(await withPort(0)), { 'sip_gateway.port': 'too_small' })
  t.match(faultsOf(await withPort(65536)), { 'sip_gateway.port': 'too_big' })
  for (const port of ['5060', 50.6, null, true, []]) {
    t.match(faultsOf(await withPort(port)), { 'sip_gateway.port': 'invalid_type' }, `${port}`)
  }
})

t.test(
  'B2, B8, B9: what is not sent is stored with its default, and of passwords only that they were sent',
  async t => {
    const database = join(t.testdir(), 'fake.db')
    const { create } = await emulator(t, { database })
    await create()
    const credentials = { username: 'u', password: 'top-secret' }
    const set = { ipv4: 'sip.example.com', port: 5080, inbound: false, outbound: false }
    await create({ ...gateway(set), trunk_type: 'reg', registration: credentials })

    const stored = peek(t, database).db.prepare('SELECT * FROM carriers ORDER BY rowid').all()

    t.match(stored, [
      {
        trunk_type: 'static_ip',
        gateway_ipv4: '203.0.113.10',
        gateway_port: 5060,
        gateway_inbound: 1,
        gateway_outbound: 1,
        registration_password_sent: 0,
        inbound_password_sent: 0
      },
      { gateway_ipv4: 'sip.example.com', gateway_port: 5080, gateway_inbound: 0, gateway_outbound: 0 }
    ])
    t.match(stored[1], { trunk_type: 'reg', registration_password_sent: 1, inbound_password_sent: 0 })
    for (const file of [database, `${database}-wal`]) t.notOk(readFileSync(file).includes('top-secret'))
  }
)

t.test('B9: inbound and outbound are JSON booleans, true by default, and may both be false', async t => {
  const { create } = await emulator(t)
  const flags = (members: object) => create(gateway({ ipv4: '203.0.113.10', ...members }))
  t.match(await flags({ inbound: false, outbound: false }), { statusCode: 201 })
  t.match(faultsOf(await create(gateway({ ipv4: 'sip.example.com' }))), { 'sip_gateway.ipv4': 'invalid_value' })
  for (const wrong of ['true', 1, null, []]) {
    t.match(faultsOf(await flags({ inbound: wrong, outbound: wrong })), {
      'sip_gateway.inbound': 'invalid_type',
      'sip_gateway.outbound': 'invalid_type'
    })
  }
  const answer = await create(gateway({ ipv4: 'sip.example.com', inbound: 'false' }))
  t.same(faultsOf(answer), { 'sip_gateway.inbound': 'invalid_type' }, 'a host name is not blamed for a wrong flag')
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
  t.match(await send({ method: 'GET', url: carriersUrl }), { statusCode: 405 })
  const retry = await create(plainCarrier, { key: 'refused-key' })
  t.match(retry, { statusCode: 201 })
  t.notOk(retry.headers['idempotent-replayed'])
})
