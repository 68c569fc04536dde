import t from 'tap'
import type { RequestFilter } from '../src/index.ts'
import { postNumber, testBench } from './fixtures/bench.ts'
import { plainCarrier } from './fixtures/emulator.ts'
import { sendRaw } from './fixtures/socket.ts'

const key = 'journal-key-1'

t.test('an entry tells what arrived, what became of it and why', async t => {
  const { control, create, apiKey } = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
  const answer = await create({ key, headers: { 'x-client': 'mine' } })
  const carrier = (await answer.json()) as { account_id: string }
  const id = String(answer.headers.get('x-request-id'))

  t.match(await control.requests.get(id), {
    id,
    at: '2030-01-01T00:00:00.000Z',
    account_id: carrier.account_id,
    method: 'POST',
    path: '/v1/phone-numbers/carriers',
    idempotency_key: key,
    headers: { 'x-client': 'mine', authorization: '[redacted]', 'idempotency-key': key },
    body: plainCarrier,
    body_bytes: JSON.stringify(plainCarrier).length,
    status: 201,
    answer: { headers: { 'x-request-id': id, 'content-type': /json/ }, body: carrier },
    duration_ms: Number,
    outcome: 'created',
    committed: true,
    rules: [],
    fault: null,
    findings: []
  })
  await t.rejects(control.requests.get('another'), { status: 404, message: /no request of this id/ })
  t.equal((await control.forAccount(apiKey).requests.list()).total, 1)
})

t.test('what an earlier request brought is redacted where a later answer repeats it', async t => {
  const { url, control, create, apiKey } = await testBench(t)
  const created = await create({ key, body: { ...plainCarrier, carrier_name: 'sip:1001:hunter2@pbx tc_live_SECRET' } })
  const { voip_carrier_sid } = (await created.json()) as { voip_carrier_sid: string }
  t.match(await (await create({ key })).text(), /hunter2/, 'the client gets the bytes of the first answer')
  await postNumber(url, { token: apiKey, body: { number: '+12025550123', voip_carrier_sid } })
  const { data } = await control.requests.list()
  t.equal(data.length, 3)
  t.notMatch(JSON.stringify(data), /hunter2|SECRET/)
})

t.test('strict rules and missing scopes are named as well', async t => {
  const { control, create } = await testBench(t, { strictness: 'strict' })
  const reader = await control.keys.mint({ scopes: ['phone_numbers:read'] })
  await create({ key })
  t.match(await create({ key, body: { ...plainCarrier, carrier_name: 'y' } }), { status: 422 })
  t.match(await create({ body: { ...plainCarrier, extra: 1 } }), { status: 400 })
  t.match(await create({ token: reader.key }), { status: 403 })
  t.match((await control.requests.list()).data, [
    { rules: ['R2'], account_id: reader.account_id },
    { rules: ['S1'] },
    { rules: ['S2'], findings: [{ code: 'idempotency_key_reused' }] },
    { rules: [] }
  ])
})

t.test('findings tell what no rule forbids and is worth knowing all the same', async t => {
  const { control, create } = await testBench(t)
  const gateway = { ipv4: '203.0.113.10' }
  const cases: [object | string, object[]][] = [
    [plainCarrier, []],
    [`\ufeff${JSON.stringify(plainCarrier)}`, [{ code: 'byte_order_mark' }]],
    [`{"carrier_name":"a","carrier_name":"b","sip_gateway":{"ipv4":"203.0.113.10"}}`, [{ code: 'duplicate_member' }]],
    [
      { ...plainCarrier, color: 1, sip_gateway: { ...gateway, tls: true } },
      [
        { code: 'unknown_member', path: 'sip_gateway.tls' },
        { code: 'unknown_member', path: 'color' }
      ]
    ],
    [{ ...plainCarrier, carrier_name: 'n'.repeat(65) }, [{ code: 'name_too_long_for_jambonz', path: 'carrier_name' }]],
    [{ ...plainCarrier, carrier_name: '😀'.repeat(64) }, []],
    [
      { ...plainCarrier, inbound_auth: { username: 'u', inbound_auth_password: 'p' } },
      [{ code: 'unused_credentials', path: 'inbound_auth' }]
    ],
    [
      {
        ...plainCarrier,
        trunk_type: 'auth',
        inbound_auth: { username: 'u', password: 'p' },
        registration: { domain: 'x' }
      },
      [{ code: 'unused_credentials', path: 'registration' }]
    ]
  ]
  for (const [index, [body, findings]] of cases.entries()) {
    t.match(await create({ key: `finding-${index}`, body }), { status: 201 })
    const [entry] = (await control.requests.list({ limit: 1 })).data
    t.match(entry?.findings, findings)
    t.equal(entry?.findings.length, findings.length, JSON.stringify(entry?.findings))
  }
  await create()
  const mismatch = await create({ key: 'finding-0', body: { ...plainCarrier, carrier_name: 'another' } })
  t.match(mismatch, { status: 201 })
  t.match((await control.requests.list({ limit: 2 })).data, [
    { findings: [{ code: 'idempotency_key_reused' }], outcome: 'replayed' },
    { findings: [{ code: 'missing_idempotency_key' }], outcome: 'created' }
  ])
})

t.test('secrets are redacted in every spelling, at any depth, also behind escapes and in headers', async t => {
  const { control, create, url, apiKey } = await testBench(t)
  const secret = 'hunter2-hunter2'
  const bodies = [
    { ...plainCarrier, registration: { password: secret, register_password: secret } },
    { ...plainCarrier, inbound_auth: { password: secret, inbound_auth_password: secret } },
    { ...plainCarrier, deep: [{ er: { Password: secret, api_key: secret, secretStuff: { x: secret } } }] },
    { ...plainCarrier, note: `my key is ${apiKey}`, [apiKey]: 1 },
    `{"carrier_name":"x","sip_gateway":{"ipv4":"203.0.113.10"},"registration":{"p\\u0061ssword":"${secret}"}}`,
    `{"registration":{"password":"${secret}","password":"${secret}2"}}`,
    `{"registration":{"password":"${secret}"`
  ]
  for (const body of bodies) {
    await create({
      body,
      headers: {
        ...{ 'x-auth-token': secret, cookie: secret, 'x-note': `Bearer ${apiKey}`, 'x-sip-credentials': secret },
        referer: `https://x.example/?a=1&password=${secret}&b=2`
      }
    })
  }
  await fetch(`${url}/v1/${apiKey}?token=${secret}`)
  await fetch(`${url}/v1/${apiKey.replaceAll('_', '%255f')};password=${secret}`)
  await sendRaw(url, `GET /v1/x HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ${secret}\r\nConnection: close\r\n\r\n`)

  const { data } = await control.requests.list()
  t.equal(data.length, bodies.length + 3)
  t.notMatch(JSON.stringify(data), new RegExp(`${secret}|${apiKey.slice(8)}`))
  t.match(data.at(-1)?.body, { ...plainCarrier, registration: { password: '[redacted]' } })
  t.match(data.at(-3)?.body, { deep: [{ er: { Password: '[redacted]', secretStuff: '[redacted]' } }] })
  t.match(data.at(-7), { body: null, body_bytes: Number })
})

t.test('requests are filtered and paged, newest first', async t => {
  const { control, create, tenant } = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
  const other = tenant('tc_live_other')
  for (let index = 0; index < 5; index++) await create({ key: `paged-key-${index}` })
  await control.clock.advance('1h')
  await create({ key: 'paged-key-0' })
  await create({ body: {} })
  await other.create()

  const total = async (filter: RequestFilter) => (await control.requests.list(filter)).total
  t.equal(await total({}), 8)
  t.equal(await total({ outcome: 'replayed' }), 1)
  t.equal(await total({ status: 400 }), 1)
  t.equal(await total({ idempotency_key: 'paged-key-0' }), 2)
  t.equal(await total({ since: '2030-01-01T01:00:00Z' }), 3)
  t.equal(await total({ path: '/v1/*', method: 'post' }), 8)
  t.equal((await other.control.requests.list()).total, 1)

  const seen: string[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = await control.requests.list({ limit: 3, ...(cursor && { cursor }) })
    t.equal(page.total, 8)
    seen.push(...page.data.map(entry => entry.id))
    cursor = page.next_cursor
  }
  t.equal(new Set(seen).size, 8)
  await t.rejects(control.requests.list({ limit: 0 }), { status: 400, message: /^limit/ })
  await t.rejects(control.requests.list({ cursor: 'x' }), { status: 400, message: /^cursor must be the next_cursor/ })
  await t.rejects(control.requests.list({ outcome: 'lost' as 'created' }), {
    status: 400,
    message: /outcome must be one/
  })

  await other.control.requests.clear()
  t.equal(await total({}), 7)
})
