import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { peek } from './fixtures/database.ts'
import { emulator, faultsOf, gateway } from './fixtures/emulator.ts'

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
