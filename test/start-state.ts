import { writeFileSync } from 'node:fs'
import t from 'tap'
import { createClock } from '../src/clock.ts'
import type { State } from '../src/index.ts'
import { readSeedFile } from '../src/seed-file.ts'
import { stateStore } from '../src/store/state.ts'
import { openStores } from '../src/store/stores.ts'
import { testBench } from './fixtures/bench.ts'

const account_id = '2c5ea4c0-4067-4fe9-8bad-9b1deb4d3b7d'

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

t.test('a start does not replace what another server on the file stores meanwhile', async t => {
  const stores = await openStores({ database: ':memory:', clock: createClock() })
  t.teardown(stores.close)
  const seed: State = { version: 1, accounts: [{ account_id, carriers: [{ carrier_name: 'Seeded' }] }] }
  const answered: State = { version: 1, accounts: [{ account_id, carriers: [{ carrier_name: 'Answered' }] }] }
  const { writer } = stores
  const overtaken = {
    ...writer,
    async write<T>(work: () => T) {
      if (stores.carriers.isEmpty(account_id)) await stores.state.import(answered)
      return writer.write(work)
    }
  }
  await stateStore({ ...stores, writer: overtaken }, seed).loadSeed()
  t.match(stores.carriers.all(account_id), [{ carrier_name: 'Answered' }])
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
