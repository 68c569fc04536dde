import Sqlite from 'better-sqlite3'
import t from 'tap'
import { testBench } from './fixtures/bench.ts'

const key = 'reset-key-1'

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

t.test('a reset that fails in the end takes nothing back of what others did meanwhile', async t => {
  const database = `${t.testdir()}/fake.db`
  const { control, tenant, create } = await testBench(t, { database })
  await create()
  const [one, two] = [tenant('tc_live_one'), tenant('tc_live_two')]
  const lock = new Sqlite(database)
  t.teardown(() => lock.close())
  lock.exec('BEGIN IMMEDIATE')
  const failing = t.rejects(one.control.reset(), { status: 503, message: /stayed locked/ })
  await one.control.info()
  await two.control.keys.mint()
  await two.control.faults.arm({ kind: 'hang' })
  await two.control.rateLimit.set(5, '1m')
  const { now } = await two.control.clock.advance('24h')
  await failing
  lock.exec('COMMIT')
  t.ok((await two.control.clock.get()).now >= now)
  t.match(await control.info(), { counts: { keys: 2, faults: 1 } })
  t.match(await two.control.rateLimit.get(), { limit: 5 })
})

t.test('a reset takes no body, an empty one or one that names parts, but not null', async t => {
  const { url, control, create } = await testBench(t)
  const reset = (body?: string) =>
    fetch(`${url}/_topcalls/v1/reset`, {
      method: 'POST',
      ...(body && { body, headers: { 'content-type': 'application/json' } })
    })
  for (const body of [undefined, '{}', '{"parts":["carriers"]}']) {
    await create()
    t.equal((await reset(body)).status, 204)
    t.equal((await control.carriers.list()).total, 0)
  }
  for (const body of ['null', '[]', '1']) t.equal((await reset(body)).status, 400, body)
})

t.test('a reset of all that waits for a lock concerns those who come meanwhile, too', async t => {
  const database = `${t.testdir()}/fake.db`
  const { control, tenant, create } = await testBench(t, { database, clock: '2030-01-01T00:00:00Z' })
  await create()
  const lock = new Sqlite(database)
  t.teardown(() => lock.close())
  lock.exec('BEGIN IMMEDIATE')
  const reset = control.reset()
  const late = tenant('tc_live_late')
  await late.control.clock.advance('24h')
  lock.exec('COMMIT')
  await reset
  t.match(await late.control.clock.get(), { now: '2030-01-01T00:00:00.000Z', own: false })
})
