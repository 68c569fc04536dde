import t from 'tap'
import { createClock } from '../src/clock.ts'
import type { State } from '../src/index.ts'
import { checkedState } from '../src/seed-file.ts'
import { testBench } from './fixtures/bench.ts'
import { emulator, plainCarrier } from './fixtures/emulator.ts'

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

t.test('clocks that stand still are imported to the millisecond', async t => {
  let ticks = Date.parse('2030-01-01T00:00:00Z')
  const { app } = await emulator(t, { clock: createClock(() => ++ticks) })
  const clock = { now: '2031-01-01T00:00:00.000Z', frozen: true }
  const accounts = [{ account_id, clock: { ...clock, now: '2032-01-01T00:00:00.000Z' } }]

  await app.inject({ method: 'PUT', url: '/_topcalls/v1/state', payload: { version: 1, clock, accounts } })
  t.match((await app.inject('/_topcalls/v1/state')).json(), { clock, accounts })
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

t.test('an import for one account takes no key from another', async t => {
  const { control, create, tenant } = await testBench(t)
  const [one, two] = [tenant('tc_live_one'), tenant('tc_live_two')]
  const minted = await two.control.keys.mint({ key: 'tc_live_shared' })
  await one.create()
  const state = await one.control.state.export()
  const keys = [[{ key: minted.key, scopes: [] }], (await two.control.state.export()).accounts[0]?.keys ?? []]
  for (const listed of keys) {
    await t.rejects(
      one.control.state.import({ ...state, accounts: state.accounts.map(account => ({ ...account, keys: listed })) }),
      {
        status: 400,
        message: 'accounts.0.keys.0 is listed for another account'
      }
    )
  }
  t.match(await create({ token: minted.key }), { status: 201 })
  t.equal((await control.keys.list()).filter(({ account_id }) => account_id === minted.account_id).length, 1)
})

t.test('an instant beyond the year 9999 in UTC is kept as the last one, so that an export can be imported', async t => {
  const { control } = await testBench(t)
  const carriers = [{ carrier_name: 'late', created_at: '9999-12-31T23:59:59-12:00' }]
  await control.state.import({ version: 1, accounts: [{ account_id, carriers }] })
  const state = await control.state.export()
  t.match(
    state.accounts.find(account => account.account_id === account_id),
    {
      carriers: [{ created_at: '9999-12-31T23:59:59.999Z' }]
    }
  )
  await control.state.import(state)
})
