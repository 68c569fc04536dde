import t from 'tap'
import type { RequestFilter } from '../src/index.ts'
import { createJournal, entryOf, type KeptEntry } from '../src/store/journal.ts'
import { testBench } from './fixtures/bench.ts'
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

t.test('a refused request names the rules that it violates', async t => {
  const { control, create, url } = await testBench(t)
  const gateway = { ipv4: '203.0.113.10' }
  const cases: [Parameters<typeof create>[0], number, string[]][] = [
    [{ token: 'nonsense' }, 401, ['R1']],
    [{ headers: { 'content-type': 'text/plain' } }, 415, []],
    [{ body: '{' }, 400, ['R3']],
    [{ body: '[]' }, 400, ['R3']],
    [{ body: {} }, 400, ['B1', 'B3']],
    [{ body: { carrier_name: 'x', sip_gateway: {} } }, 400, ['B4', 'B7']],
    [{ body: { carrier_name: '', sip_gateway: gateway, trunk_type: 'x' } }, 400, ['B1', 'B2']],
    [{ body: { carrier_name: 'x', sip_gateway: { ipv4: 'sip.example.com' } } }, 400, ['B4']],
    [{ body: { carrier_name: 'x', sip_gateway: { ...gateway, port: 0, inbound: 1 } } }, 400, ['B8', 'B9']],
    [{ body: { carrier_name: 'x', sip_gateway: gateway, trunk_type: 'reg' } }, 400, ['B5']],
    [{ body: { carrier_name: 'x', sip_gateway: gateway, trunk_type: 'auth' } }, 400, ['B6']],
    [{ body: { carrier_name: 'x', sip_gateway: gateway, trunk_type: 'reg', registration: {} } }, 400, ['B10']],
    [{ body: { carrier_name: 'x', sip_gateway: gateway, trunk_type: 'auth', inbound_auth: {} } }, 400, ['B11']],
    [{ key: 'bad' }, 400, []]
  ]
  for (const [posted, status, rules] of cases) {
    const answer = await create(posted)
    t.equal(answer.status, status, JSON.stringify(posted))
    const entry = await control.requests.get(String(answer.headers.get('x-request-id')))
    t.match(entry, { status, outcome: 'refused', committed: false })
    t.same(entry.rules.toSorted(), rules, JSON.stringify(posted))
  }
  t.match(await fetch(`${url}/v1/none?p=1`), { status: 404 })
  t.match((await control.requests.list({ limit: 1 })).data, [{ path: '/v1/none', status: 404, account_id: null }])
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

const entry = (account_id: string, id: number, size = 0): Omit<KeptEntry, 'number' | 'weight'> => ({
  ...{ id: String(id), at: 0, account_id, method: 'POST', path: '/', idempotency_key: null, body_bytes: 0 },
  ...{ status: 201, duration_ms: 1, outcome: 'created', committed: true, rules: [], fault: null, findings: [] },
  details: JSON.stringify({ headers: {}, body: 'x'.repeat(size), answer: {} })
})

t.test('under a million requests the journal keeps its bounds, and knows what it dropped', t => {
  const journal = createJournal({ entries: 1_000, bytes: 2_000_000 })
  const accounts = 200
  for (let index = 0; index < 1_000_000; index++) {
    journal.record(entry(`account ${index % accounts}`, index, index % 700))
    if (index % 50_000 === 0) t.ok(journal.bytes() <= 2_000_000)
  }
  t.ok(journal.bytes() <= 2_000_000 && journal.bytes() > 1_700_000)
  t.equal(journal.size() + journal.dropped(), 1_000_000)
  for (let number = 0; number < accounts; number += 50) {
    const name = `account ${number}`
    t.equal(journal.size(name) + journal.dropped(name), 1_000_000 / accounts)
    const ids = journal.entries(name).map(({ id }) => Number(id))
    const newest = Array.from(
      { length: ids.length },
      (_, index) => 1_000_000 - accounts * (ids.length - index) + number
    )
    t.same(ids, newest, 'the newest are there')
  }
  t.end()
})

t.test('an account that floods the journal drops its own entries, not those of another', t => {
  const journal = createJournal({ entries: 100, bytes: 100_000 })
  for (let index = 0; index < 10; index++) journal.record(entry('quiet', index, 100))
  for (let index = 0; index < 100_000; index++) journal.record(entry('loud', index, 5_000))
  t.equal(journal.dropped('quiet'), 0)
  t.equal(journal.size('quiet'), 10)
  t.ok(journal.size('loud') > 10)
  t.equal(journal.size('loud') + journal.dropped('loud'), 100_000)
  journal.clear('loud')
  t.equal(journal.size(), 10)
  t.equal(journal.dropped(), 0)
  t.match(entryOf(journal.entries('quiet')[0] as KeptEntry), { id: '0', at: '1970-01-01T00:00:00.000Z', headers: {} })
  t.end()
})

t.test('a million accounts leave the journal within its bounds too', t => {
  const journal = createJournal({ entries: 10, bytes: 1_000_000 })
  for (let index = 0; index < 1_000_000; index++) journal.record(entry(`account ${index}`, index))
  t.ok(journal.bytes() <= 1_000_000)
  t.equal(journal.size() + journal.dropped(), 1_000_000)
  t.equal(journal.entries().at(-1)?.id, '999999')
  t.end()
})

t.test('dropped entries are told, and no expectation counts them silently', async t => {
  const { control, create } = await testBench(t, { journal: { entries: 3 } })
  for (let index = 0; index < 5; index++) await create()
  t.match(await control.requests.list(), { total: 3, dropped: 2 })
  t.match(await control.info(), { dropped: 2, counts: { requests: 3 }, limits: { journal_entries: 3 } })
  t.same(await control.requests.verify({ at_least: 3 }), { matched: 3, dropped: 2 })
  await t.rejects(control.requests.verify({ times: 5 }), { message: /2 older requests were dropped/ })
})

t.test('a body of thousands of unknown members makes an entry of bounded size', async t => {
  const { control, create } = await testBench(t)
  const members = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`m${index}`, 1]))
  t.match(await create({ key: 'many-members-1', body: { ...plainCarrier, ...members } }), { status: 201 })
  const [entry] = (await control.requests.list()).data
  t.equal(entry?.findings.length, 21)
  t.match(entry?.findings.at(-1), { code: 'unknown_member', message: 'So many more members are unknown: 4980' })
})
