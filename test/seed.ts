import t, { type Test } from 'tap'
import type { StartOptions } from '../src/index.ts'
import { testBench } from './fixtures/bench.ts'
import { carriersUrl, emulator } from './fixtures/emulator.ts'

/** What one suite sees of ids, while others may be at work. */
async function idsOf(t: Test, { noise = false, ...options }: StartOptions & { noise?: boolean }): Promise<unknown[]> {
  const { create, tenant, apiKey } = await testBench(t, options)
  const other = tenant('tc_live_noise')
  const seen: unknown[] = [apiKey]
  for (let index = 0; index < 3; index++) {
    if (noise) await other.create()
    const answer = await create({ key: `seeded-key-${index}` })
    seen.push(await answer.json(), answer.headers.get('x-request-id'))
    if (noise) await other.create({ body: {} })
  }
  return seen
}

const uuidV4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

t.test('with a seed an account gets the same ids in each run, whatever the others do', async t => {
  const options = { seed: 42, clock: '2030-01-01T00:00:00Z' }
  const first = await idsOf(t, options)
  t.same(await idsOf(t, options), first)
  t.same(await idsOf(t, { ...options, noise: true }), first)
  t.match(first[1], { id: uuidV4, voip_carrier_sid: uuidV4, sip_gateway_sid: uuidV4 })
  t.not((await idsOf(t, { ...options, seed: 43 }))[2], first[2])
})

t.test('refusals and retries move no id of a carrier; a reset begins the sequence anew', async t => {
  const { create, control } = await testBench(t, { seed: 1 })
  const idOf = async (answer: Response) => ((await answer.json()) as { id: string }).id
  const first = await idOf(await create({ key: 'seeded-key-1' }))
  const second = await idOf(await create())
  await control.reset()
  await create({ body: {} })
  t.equal(await idOf(await create({ key: 'seeded-key-1' })), first)
  await create({ key: 'seeded-key-1' })
  await create({ body: {} })
  t.equal(await idOf(await create()), second)
})

t.test('a neighbour that fails in the same transaction makes no id come twice', async t => {
  const { create, send, remove } = await emulator(t, { seed: 1 })
  // With the type it takes as many turns as the others, and so shares their transaction.
  const headers = { 'content-type': 'application/json' }
  const failing = () => remove(`${carriersUrl}/00000000-0000-4000-8000-000000000000`, { headers })
  const reset = () => send({ method: 'POST', url: '/_topcalls/v1/reset', payload: { account: 'tc_live_test' } })
  t.match(await reset(), { statusCode: 204 })
  await create()
  for (let round = 0; round < 30; round++) {
    const [, created, failed] = await Promise.all([reset(), create(), failing()])
    t.equal(failed.statusCode, 404)
    t.not((await create()).json().id, created.json().id)
  }
})

t.test('an id of a request comes twice neither after a reset that keeps the journal nor from another port', async t => {
  const { url, controlUrl, control, create } = await testBench(t, { seed: 1, control: { port: 0 } })
  const idOf = (answer: Response) => answer.headers.get('x-request-id')
  const ids = [idOf(await create())]
  await control.reset('carriers')
  ids.push(idOf(await create()))
  for (const path of [`${url}/v1/x`, `${controlUrl}/_topcalls/v1/info`]) ids.push(idOf(await fetch(path)))
  t.equal(new Set(ids).size, ids.length)
})

t.test('after a restart on a file, or an import, no id comes twice', async t => {
  const database = `${t.testdir()}/fake.db`
  const ids = new Set<string>()
  let carriers = 0
  for (let run = 0; run < 3; run++) {
    const { create, control, apiKey, close } = await testBench(t, { seed: 1, database })
    for (let index = 0; index < 2; index++) {
      const carrier = (await (await create()).json()) as Record<string, string>
      for (const member of ['id', 'voip_carrier_sid', 'sip_gateway_sid']) ids.add(String(carrier[member]))
      carriers++
      const own = control.forAccount(apiKey)
      await own.state.import(await own.state.export())
    }
    await close()
  }
  t.equal(ids.size, carriers * 3)
})

t.test('with a seed the dice of a fault fall the same each time', async t => {
  const patterns = []
  for (let run = 0; run < 2; run++) {
    const { create, control } = await testBench(t, { seed: 5 })
    await control.faults.arm({ kind: 'status', probability: 0.5 })
    const statuses = []
    for (let index = 0; index < 20; index++) statuses.push((await create()).status)
    patterns.push(statuses.join())
  }
  t.equal(patterns[0], patterns[1])
  t.match(patterns[0], /201.*503|503.*201/)
})

t.test('the clock may stand still from the start', async t => {
  const { create, control } = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
  t.match(await (await create()).json(), { created_at: '2030-01-01T00:00:00.000Z' })
  t.match(await (await create()).json(), { created_at: '2030-01-01T00:00:00.000Z' })
  await control.clock.unfreeze()
  await control.reset('clock', 'carriers')
  t.match(await control.clock.get(), { now: '2030-01-01T00:00:00.000Z', frozen: true })
})

t.test('with a seed the keys of an account are the same, whatever others mint, and after a reset', async t => {
  const mint = async (noise: boolean) => {
    const { control, apiKey, tenant } = await testBench(t, { seed: 7 })
    if (noise) await tenant('tc_live_noise').control.keys.mint()
    const own = control.forAccount(apiKey)
    const first = await own.keys.mint()
    await own.reset()
    t.same(await own.keys.mint(), first)
    return first
  }
  t.same(await mint(true), await mint(false))
})
