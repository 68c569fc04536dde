import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { testBench } from './fixtures/bench.ts'
import { plainCarrier } from './fixtures/emulator.ts'

type Bench = Awaited<ReturnType<typeof testBench>>
type Tenant = ReturnType<Bench['tenant']>

/** A suite that does to its account whatever it likes, and checks after each step that it sees only itself. */
async function suite(t: Test, { control, create }: Tenant, name: string): Promise<void> {
  const key = 'every-suite-uses-this'
  const body = { ...plainCarrier, carrier_name: name }
  for (let round = 0; round < 3; round++) {
    await control.reset()
    t.equal((await control.requests.list()).total, 0)
    await control.clock.freeze()
    const { now } = await control.clock.get()

    await control.faults.arm({ phase: 'after', kind: 'reset', times: 1 })
    await t.rejects(create({ key, body }))
    const replay = await create({ key, body })
    t.equal(replay.headers.get('idempotent-replayed'), 'true')
    t.match(await replay.json(), { carrier_name: name, created_at: now })

    await control.clock.advance('24h')
    t.equal((await create({ key, body })).headers.get('idempotent-replayed'), null)
    await control.rateLimit.set(1, '1h')
    t.match(await create({ body }), { status: 201 })
    t.match(await create({ body }), { status: 429 })

    t.match(await control.requests.list(), { total: 5, dropped: 0 })
    const { data, total } = await control.carriers.list()
    t.equal(total, 3)
    t.ok(data.every(({ carrier_name }) => carrier_name === name))
    await control.requests.verify({ match: { outcome: 'faulted' }, times: 1 })
    t.equal((await control.faults.list()).length, 1)
  }
}

t.test('suites with a key each run at once against one server, and none sees another', async t => {
  const { tenant, control } = await testBench(t)
  const names = Array.from({ length: 8 }, (_, index) => `tc_live_suite-${index}`)
  await Promise.all(names.map(name => suite(t, tenant(name), name)))
  t.equal((await control.carriers.list()).total, names.length * 3)
})

t.test('200 accounts at once keep their clocks, faults, journals and carriers apart', async t => {
  const { tenant, control } = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
  const tenants = Array.from({ length: 200 }, (_, index) => ({ ...tenant(`tc_live_${index}`), index }))
  await Promise.all(
    tenants.map(async ({ control: own, create, index }) => {
      await own.clock.advance(`${index}h`)
      await own.faults.arm({ kind: 'status', status: 500 + (index % 100), times: 1 })
      t.equal((await create()).status, 500 + (index % 100))
      await sleep(index % 7)
      const createdAt = new Date(Date.parse('2030-01-01T00:00:00Z') + index * 3_600_000).toISOString()
      t.match(await (await create()).json(), { created_at: createdAt })
      t.equal((await own.requests.list()).total, 2)
    })
  )
  await tenants[0]?.control.reset()
  t.match(await control.info(), { counts: { accounts: 199, carriers: 199, requests: 398, faults: 199 } })
})
