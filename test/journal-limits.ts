import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { entryOf } from '../src/control/entries.ts'
import { createJournal, type Journal, type KeptEntry } from '../src/store/journal.ts'
import { testBench } from './fixtures/bench.ts'
import { plainCarrier } from './fixtures/emulator.ts'

t.test('a refused request names the rules that it violates', async t => {
  const { control, create, url } = await testBench(t)
  const gateway = { ipv4: '203.0.113.10' }
  const cases: [Parameters<typeof create>[0], number, string[]][] = [
    [{ token: 'nonsense' }, 401, ['R1']],
    [{ headers: { 'content-type': 'text/plain' } }, 415, ['R3']],
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
    [{ key: 'bad' }, 400, ['I1']]
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

/** What the journal is given of a request. */
const entry = (account_id: string, id: number, size = 0, path = '/'): Parameters<Journal['record']> => [
  {
    ...{ id: String(id), at: 0, account_id, method: 'POST', path, idempotency_key: null, body_bytes: 0 },
    ...{ status: 201, duration_ms: 1, outcome: 'created', committed: true, rules: [], fault: null, findings: [] }
  },
  JSON.stringify({ headers: {}, body: 'x'.repeat(size), answer: {} })
]

t.test('what is kept keeps nothing alive of what was dropped', t => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const held = () => {
    // The first frees the buffers, the second counts them off.
    for (let time = 0; time < 2; time++) collect()
    return process.memoryUsage().arrayBuffers
  }
  const before = held()
  const journal = createJournal({ entries: 10, bytes: 2_000_000 })
  for (let index = 0; index < 30_000; index++) {
    journal.record(...entry(index % 60 === 0 ? `quiet ${index}` : 'noisy', index, 700))
  }
  const grown = held() - before
  t.equal(journal.size(), 510)
  t.ok(grown > 300_000 && grown <= journal.bytes(), `${grown} bytes are held for ${journal.bytes()}`)
  t.end()
})

t.test('what is kept is read as it was recorded, from whatever number on', t => {
  const journal = createJournal({ entries: 300, bytes: 10_000_000 })
  const account = (index: number) => (index % 3 === 0 ? 'a' : 'b')
  const recorded: object[] = []
  journal.listen(one => recorded.push(one))
  for (let index = 0; index < 1_000; index++) {
    const size = index % 100 === 0 ? 100_000 : index
    journal.record(...entry(account(index), index, size, '/é/😀\n"'))
  }
  t.same(journal.entries('a'), recorded.filter((_, index) => account(index) === 'a').slice(-300))
  t.same(
    journal.entries(),
    [...journal.entries('a'), ...journal.entries('b')].sort((a, b) => a.number - b.number)
  )
  const kept = journal.entries()
  for (const last of [0, 98, 99, 500, 501, 777, 998, 999, 1_000]) {
    const behind = kept.filter(({ number }) => number > last)
    t.same(journal.after(last, 7), behind.slice(0, 7), `behind ${last}`)
    t.same(
      journal.after(last, 1_000, 'b'),
      behind.filter(({ account_id }) => account_id === 'b')
    )
  }
  t.end()
})

t.test('under a million requests the journal keeps its bounds, and knows what it dropped', t => {
  const journal = createJournal({ entries: 1_000, bytes: 2_000_000 })
  const accounts = 200
  for (let index = 0; index < 1_000_000; index++) {
    journal.record(...entry(`account ${index % accounts}`, index, index % 700))
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
  for (let index = 0; index < 10; index++) journal.record(...entry('quiet', index, 100))
  for (let index = 0; index < 100_000; index++) journal.record(...entry('loud', index, 5_000))
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

t.test('200 000 accounts leave the journal within its bounds too', t => {
  const journal = createJournal({ entries: 10, bytes: 1_000_000 })
  for (let index = 0; index < 200_000; index++) journal.record(...entry(`account ${index}`, index))
  t.ok(journal.bytes() <= 1_000_000)
  t.equal(journal.size() + journal.dropped(), 200_000)
  t.equal(journal.entries().at(-1)?.id, '199999')
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
