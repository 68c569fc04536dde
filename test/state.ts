import { writeFileSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import t from 'tap'
import type { State } from '../src/index.ts'
import { checkedState, readSeedFile } from '../src/seed-file.ts'
import { testBench } from './fixtures/bench.ts'
import { plainCarrier } from './fixtures/emulator.ts'

const key = 'exported-key-1'
const account_id = '2c5ea4c0-4067-4fe9-8bad-9b1deb4d3b7d'

t.test('an export that is imported again leads to the same state, in the same server and in another', async t => {
  const one = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
  const { token, control, create } = one.tenant('tc_live_exported')
  const first = await (await create({ key })).text()
  await control.clock.advance('1h')
  await control.faults.arm({ phase: 'after', kind: 'status', times: 3 })
  await create()
  await control.rateLimit.set(50, '1m')
  const minted = await control.keys.mint({ scopes: ['phone_numbers:write'] })
  const state = await control.state.export()
  t.match(state, {
    version: 1,
    accounts: [
      {
        clock: { now: '2030-01-01T01:00:00.000Z', frozen: true },
        carriers: [{ carrier_name: plainCarrier.carrier_name, sip_gateway: { port: 5060 } }, {}],
        idempotency: [{ key, status: 201, body: first }],
        keys: [{ id: minted.id }],
        rate_limit: { limit: 50, window: '1m' },
        faults: [{ fired: 1, remaining: 2 }]
      }
    ]
  })
  t.notMatch(JSON.stringify(state), /tc_live_/)

  const two = await testBench(t)
  for (const { control, tenant, create } of [one, two]) {
    const own = tenant(token)
    await own.create({ key: 'to-be-replaced' })
    await own.control.state.import(state)
    t.same(strip(await own.control.state.export()), strip(state))
    await own.control.faults.disarm()
    const replay = await own.create({ key })
    t.equal(await replay.text(), first)
    t.match(await create({ token: minted.key }), { status: 201 }, 'a key is known by its hash')
    t.equal((await own.create({ key: 'to-be-replaced' })).headers.get('idempotent-replayed'), null)
    await control.reset()
  }
})

/** What is the same in every server. */
function strip({ accounts }: State) {
  return accounts.map(({ idempotency = [], ...account }) => ({
    ...account,
    idempotency: idempotency.map(({ fingerprint: _, ...record }) => record)
  }))
}

t.test('in the same database an imported record still tells another body; in another it cannot', async t => {
  const one = await testBench(t)
  await one.create({ key })
  const state = await one.control.forAccount(one.apiKey).state.export()
  const body = { ...plainCarrier, carrier_name: 'another' }
  await one.control.forAccount(one.apiKey).state.import(state)
  t.equal((await one.create({ key, body })).headers.get('idempotency-payload-mismatch'), 'true')

  const two = await testBench(t)
  await two.control.state.import(state)
  const minted = await two.control.forAccount(String(state.accounts[0]?.account_id)).keys.mint()
  const replay = await two.create({ key, body, token: minted.key })
  t.equal(replay.headers.get('idempotent-replayed'), 'true')
  t.equal(replay.headers.get('idempotency-payload-mismatch'), null)
})

t.test('an import of one account leaves the others alone, one of all replaces everything', async t => {
  const { control, tenant, create } = await testBench(t)
  const other = tenant('tc_live_other')
  await other.create()
  await create()
  const all = await control.state.export()
  t.equal(all.accounts.length, 2)

  await other.control.state.import({ ...all, accounts: all.accounts.map(account => ({ ...account, carriers: [] })) })
  t.equal((await other.control.carriers.list()).total, 0)
  t.equal((await control.carriers.list()).total, 1)

  await tenant('tc_live_third').create()
  await control.state.import(all)
  t.equal((await control.carriers.list()).total, 2)
  t.equal((await tenant('tc_live_third').control.carriers.list()).total, 0)
})

t.test('a document that is wrong anywhere changes nothing', async t => {
  const { app, control, create, apiKey } = await testBench(t)
  await create({ key })
  const before = await control.forAccount(apiKey).state.export()
  const [account] = before.accounts
  const twice = { ...account, carriers: [...(account?.carriers ?? []), ...(account?.carriers ?? [])] }
  const cases: [object, string][] = [
    [{ ...before, version: 2 }, 'version'],
    [{ ...before, extra: 1 }, 'extra'],
    [{ ...before, accounts: [{ ...account, account_id: 'x' }] }, 'accounts.0.account_id'],
    [{ ...before, accounts: [account, account] }, 'accounts.1.account_id'],
    [{ ...before, accounts: [twice] }, 'accounts.0.carriers.1'],
    [{ ...before, accounts: [{ ...account, carriers: [{ carrier_name: '' }] }] }, 'accounts.0.carriers.0.carrier_name'],
    [{ ...before, accounts: [{ ...account, faults: [{ kind: 'status', times: 0 }] }] }, 'accounts.0.faults.0.times'],
    [{ ...before, accounts: [{ ...account, faults: [{ kind: 'delay' }] }] }, 'accounts.0.faults.0.delay'],
    [{ ...before, accounts: [{ ...account, clock: { now: 'x', frozen: true } }] }, 'accounts.0.clock.now'],
    [{ ...before, accounts: [{ ...account, rate_limit: { limit: 1, window: '0s' } }] }, 'accounts.0.rate_limit.window'],
    [{ ...before, accounts: [{ ...account, keys: [{ key: 'x', scopes: [] }] }] }, 'accounts.0.keys.0.key'],
    [
      { ...before, accounts: [{ ...account, carriers: [{ carrier_name: 'x', sip_gateway: { port: 1.5e300 } }] }] },
      'accounts.0.carriers.0.sip_gateway.port'
    ],
    [{ ...before, accounts: [{ ...account, carriers: [{ carrier_name: '\ud800' }] }] }, ''],
    [{ version: 1 }, 'accounts']
  ]
  for (const [payload, path] of cases) {
    const answer = await app.inject({ method: 'PUT', url: '/_topcalls/v1/state', payload })
    t.match(answer, { statusCode: 400 }, path)
    t.ok(
      answer.json().errors.some((error: { path: string }) => error.path === path),
      `${path}: ${answer.body}`
    )
  }
  t.match(await app.inject({ method: 'PUT', url: `/_topcalls/v1/state?account=${account_id}`, payload: before }), {
    statusCode: 400
  })
  t.same(await control.forAccount(apiKey).state.export(), before)
})

t.test('a reset takes back what it names, of one account or of all', async t => {
  const { control, create, apiKey, tenant } = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
  const mine = control.forAccount(apiKey)
  const other = tenant('tc_live_other')
  const fill = async () => {
    for (const one of [mine, other.control]) {
      await one.faults.disarm()
      await one.faults.arm({ kind: 'status', match: { method: 'GET' } })
    }
    await create({ key })
    await other.create({ key })
  }
  const left = async (one: typeof mine) => ({
    carriers: (await one.carriers.list()).total,
    idempotency: (await one.idempotency.list()).total,
    requests: (await one.requests.list()).total,
    faults: (await one.faults.list()).length
  })
  const full = { carriers: 1, idempotency: 1, requests: 1, faults: 1 }

  await fill()
  await mine.reset('carriers', 'requests')
  t.same(await left(mine), { ...full, carriers: 0, requests: 0 })
  await mine.reset('idempotency', 'faults')
  t.same(await left(mine), { carriers: 0, idempotency: 0, requests: 0, faults: 0 })
  t.same(await left(other.control), full)
  await control.reset()
  t.same(await left(other.control), { carriers: 0, idempotency: 0, requests: 0, faults: 0 })
  await t.rejects(mine.reset('everything' as 'keys'), { status: 400, message: /parts.0 must be one of "carriers"/ })
})

t.test('a seed file is loaded at start, and a reset leads back to it', async t => {
  const file = `${t.testdir()}/seed.json`
  const seed = {
    version: 1,
    accounts: [
      {
        account_id,
        clock: { now: '2031-01-01T00:00:00Z', frozen: true },
        carriers: [{ carrier_name: 'Seeded' }, { carrier_name: 'Dated', created_at: '2030-06-01T00:00:00Z' }],
        keys: [{ key: 'tc_live_seeded', scopes: ['phone_numbers:write'] }],
        rate_limit: { limit: 5, window: '1h' },
        faults: [{ kind: 'status', status: 502, times: 1 }]
      }
    ]
  }
  writeFileSync(file, JSON.stringify(seed))
  const database = `${file}.db`
  const { control, tenant, close } = await testBench(t, { state: readSeedFile(file), database })
  const own = tenant('tc_live_seeded')
  for (let round = 0; round < 2; round++) {
    t.match((await own.control.carriers.list()).data, [
      { carrier_name: 'Dated', account_id, created_at: '2030-06-01T00:00:00.000Z' },
      { carrier_name: 'Seeded', created_at: '2031-01-01T00:00:00.000Z' }
    ])
    t.match(await own.control.rateLimit.get(), { limit: 5 })
    t.match(await own.create(), { status: 502 })
    t.match(await (await own.create()).json(), { account_id, created_at: '2031-01-01T00:00:00.000Z' })
    await own.control.clock.advance('24h')
    round === 0 ? await own.control.reset() : await control.reset()
  }
  await own.create()
  await own.create()
  await close()

  const again = await testBench(t, { state: readSeedFile(file), database })
  t.equal((await again.control.carriers.list()).total, 3, 'what is stored is not replaced by a restart')
})

t.test('a seed file that cannot be used is named in one sentence without its secrets', t => {
  const file = `${t.testdir()}/seed.json`
  const read = (content: unknown) => {
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    return readSeedFile(file)
  }
  t.throws(() => read('{"key": tc_live_secret}'), { exitCode: 2, message: /not valid JSON\.$/ })
  t.throws(() => read({ version: 1 }), { message: /accounts is required\.$/ })
  t.throws(() => read({ version: 1, accounts: [{ account_id, keys: [{ key: 'hunter2' }] }] }), {
    message: /^(?!.*hunter2).*accounts\.0\.keys\.0/
  })
  t.throws(() => readSeedFile(`${file}.missing`), { message: /ENOENT/ })
  t.end()
})

t.test('stored carriers and answers are listed in pages, and answers evicted', async t => {
  const { control, create, apiKey, tenant } = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
  const mine = control.forAccount(apiKey)
  for (let index = 0; index < 5; index++) await create({ key: `evicted-key-${index}` })
  await tenant('tc_live_other').create({ key: 'evicted-key-0' })

  const first = await mine.carriers.list({ limit: 3 })
  t.equal(first.total, 5)
  const second = await mine.carriers.list({ limit: 3, cursor: String(first.next_cursor) })
  t.equal(second.next_cursor, null)
  t.equal(new Set([...first.data, ...second.data].map(({ id }) => id)).size, 5)

  t.match((await mine.idempotency.list({ limit: 1 })).data, [
    { key: 'evicted-key-4', status: 201, expires_at: '2030-01-02T00:00:00.000Z', expired: false }
  ])
  t.same(await mine.idempotency.evict('evicted-key-0'), { removed: 1 })
  t.equal((await create({ key: 'evicted-key-0' })).headers.get('idempotent-replayed'), null)
  t.equal((await tenant('tc_live_other').create({ key: 'evicted-key-0' })).headers.get('idempotent-replayed'), 'true')
  await mine.clock.advance('24h')
  t.match((await mine.idempotency.list({ limit: 1 })).data, [{ expired: true }])
  t.same(await mine.idempotency.evict(), { removed: 5 })
})

t.test('ids after the start are those after a reset, and none comes twice', async t => {
  const { control, create } = await testBench(t, { seed: 3 })
  await create()
  const state = await control.state.export()
  const round = async ({ create }: { create: () => Promise<Response> }) => {
    const ids = []
    for (let index = 0; index < 2; index++) ids.push(((await (await create()).json()) as { id: string }).id)
    return ids
  }
  const again = await testBench(t, { seed: 3, state })
  const first = await round(again)
  t.notOk(first.includes(String(state.accounts[0]?.carriers?.[0]?.id)))
  await again.control.reset()
  t.same(await round(again), first)
})

t.test('a revocation is imported, whatever the keys of the start say', async t => {
  const keys = [{ key: 'tc_live_from-the-start', account_id, scopes: ['phone_numbers:write' as const] }]
  const [one, two] = [await testBench(t, { keys }), await testBench(t, { keys })]
  await one.control.forAccount(account_id).keys.revoke()
  const state = await one.control.forAccount(account_id).state.export()
  t.match(await two.create({ token: 'tc_live_from-the-start' }), { status: 201 })
  await two.control.forAccount(account_id).state.import(state)
  t.match(await two.create({ token: 'tc_live_from-the-start' }), { status: 401 })
  t.equal((await two.control.forAccount(account_id).keys.list()).length, 1)
  await two.control.reset()
  t.match(await two.create({ token: 'tc_live_from-the-start' }), { status: 201 })
})

t.test('rules that are restored keep to themselves, also under a seed', async t => {
  const { control, apiKey, tenant } = await testBench(t, { seed: 1 })
  const own = control.forAccount(apiKey)
  await own.faults.arm({ kind: 'reset' })
  await own.faults.arm({ kind: 'hang' })
  await own.state.import(await own.state.export())
  await own.faults.arm({ kind: 'status' })
  t.equal(new Set((await own.faults.list()).map(({ id }) => id)).size, 3)
  t.equal((await tenant('tc_live_other').control.faults.list()).length, 0)
})

t.test('nothing that is stored lies in the future after a restart, in whatever order it was stored', async t => {
  const database = `${t.testdir()}/fake.db`
  const key = 'kept-beyond-restart'
  const one = await testBench(t, { database })
  const own = one.tenant('tc_live_ahead')
  await own.control.clock.advance('48h')
  const first = await (await own.create({ key })).text()
  await own.control.reset('carriers')
  const other = one.tenant('tc_live_imported')
  await other.create()
  const state = await other.control.state.export()
  const [account] = state.accounts
  const carriers = ['2041', '2031'].map(year => ({ carrier_name: year, created_at: `${year}-01-01T00:00:00Z` }))
  await other.control.state.import({ ...state, accounts: [{ account_id: String(account?.account_id), carriers }] })
  await one.close()

  const two = await testBench(t, { database })
  t.match((await (await two.create({ token: other.token })).json()) as object, { created_at: /^2041/ })
  t.equal(await (await two.create({ token: own.token, key })).text(), first)
  await two.control.forAccount(own.token).clock.advance('24h')
  t.not(await (await two.create({ token: own.token, key })).text(), first, 'the window is 24 hours')
})

t.test('an account is named by its id in upper case too; an id is of its account', async t => {
  const { control, create, apiKey, url } = await testBench(t)
  const answer = await create()
  const { account_id } = (await answer.json()) as { account_id: string }
  t.equal((await control.forAccount(account_id.toUpperCase()).carriers.list()).total, 1)
  const stranger = control.forAccount('tc_live_stranger')
  const { id } = await control.forAccount(apiKey).faults.arm({ kind: 'hang' })
  const missing = { status: 404, message: /has this id|of this id/ }
  await t.rejects(stranger.faults.get(id), missing)
  await t.rejects(stranger.faults.disarm(id), missing)
  await t.rejects(stranger.requests.get(String(answer.headers.get('x-request-id'))), missing)
  await t.rejects(stranger.keys.revoke((await control.keys.list())[0]?.id), missing)
  const large = await fetch(`${url}/_topcalls/v1/state`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: ' '.repeat(65 * 1024 * 1024)
  })
  t.match(await large.json(), { status: 413, detail: 'The body is larger than 67108864 bytes' })
})

t.test('each member of an exported document is judged, in an import and in a seed file', async t => {
  const { app, control, create, apiKey } = await testBench(t)
  const own = control.forAccount(apiKey)
  await create({ key })
  await own.faults.arm({ kind: 'status', match: { method: 'GET' } })
  const state = await own.state.export()
  const wrong: [string, object][] = [
    ['keys.0.scopes.0', { keys: [{ ...state.accounts[0]?.keys?.[0], scopes: ['bogus'] }] }],
    ['keys.0.scopes', { keys: [{ ...state.accounts[0]?.keys?.[0], scopes: null }] }],
    ['keys.0.revoked', { keys: [{ ...state.accounts[0]?.keys?.[0], revoked: 'no' }] }],
    ['keys.0.extra', { keys: [{ ...state.accounts[0]?.keys?.[0], extra: 1 }] }],
    ['faults.0.kind', { faults: [{ ...state.accounts[0]?.faults?.[0], kind: 'bogus' }] }],
    ['faults.0.every', { faults: [{ ...state.accounts[0]?.faults?.[0], every: 0 }] }],
    ['faults.0.status', { faults: [{ ...state.accounts[0]?.faults?.[0], status: 9999 }] }],
    ['faults.0.match', { faults: [{ ...state.accounts[0]?.faults?.[0], match: 5 }] }],
    ['faults.0.id', { faults: [{ ...state.accounts[0]?.faults?.[0], id: 'x' }] }],
    [
      'faults.0.headers.transfer-encoding',
      { faults: [{ kind: 'status', headers: { 'transfer-encoding': 'chunked' } }] }
    ],
    ['faults.0.delay', { faults: [{ kind: 'delay', delay: '30d' }] }]
  ]
  for (const [path, members] of wrong) {
    const payload = { ...state, accounts: [{ ...state.accounts[0], ...members }] }
    const answer = await app.inject({ method: 'PUT', url: '/_topcalls/v1/state', payload })
    t.match(answer, { statusCode: 400 }, path)
    t.match(answer.json().errors[0], { path: `accounts.0.${path}` }, path)
    t.throws(() => checkedState(payload), { exitCode: 2, message: / (must|is) / })
  }
  t.same(await own.state.export(), state)
})

t.test('a create beside a reset never leaves the old clock behind', async t => {
  const { control, create, apiKey } = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
  const own = control.forAccount(apiKey)
  for (let round = 0; round < 20; round++) {
    await own.clock.advance('10d')
    await Promise.all([own.reset(), ...Array.from({ length: 10 }, () => create())])
    t.match(await own.clock.get(), { now: '2030-01-01T00:00:00.000Z' })
  }
})

t.test('a reset that cannot be committed changes nothing, in memory neither', async t => {
  const database = `${t.testdir()}/fake.db`
  const { control, create, apiKey } = await testBench(t, { database, seed: 1 })
  const own = control.forAccount(apiKey)
  await own.clock.advance('1h')
  await own.clock.freeze()
  await own.faults.arm({ kind: 'status', match: { method: 'GET' } })
  await own.rateLimit.set(50, '1h')
  const minted = await own.keys.mint()
  await create({ key })
  const before = { state: await own.state.export(), requests: (await own.requests.list()).data }

  const other = new Sqlite(database)
  other.exec(`CREATE TRIGGER no_delete BEFORE DELETE ON carriers BEGIN SELECT RAISE(ABORT, 'no'); END`)
  other.close()
  await t.rejects(own.reset(), { status: 500, message: /went wrong/ })
  t.same({ state: await own.state.export(), requests: (await own.requests.list()).data }, before)
  t.match(await create({ token: minted.key }), { status: 201 })
})
