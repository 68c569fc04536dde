import t from 'tap'
import { testBench } from './fixtures/bench.ts'

const names = ['limit', 'remaining', 'reset']
const told = ({ headers }: Response) => names.map(name => headers.get(`ratelimit-${name}`)).join(' ')

t.test(
  'more requests than the limit answer 429 with Retry-After until the window ends on the account clock',
  async t => {
    const { control, create } = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
    t.equal(told(await create()), '  ', 'off by default')

    t.same(await control.rateLimit.set(2, '60s'), { limit: 2, window: '60s' })
    t.equal(told(await create()), '2 1 60')
    await control.clock.advance('10s')
    t.equal(told(await create()), '2 0 50')
    const refused = await create()
    t.match(refused, { status: 429 })
    t.equal(told(refused), '2 0 50')
    t.equal(refused.headers.get('retry-after'), '50')
    t.match(await refused.json(), { type: 'https://api.topcalls.ai/errors/rate_limited', status: 429 })

    await control.clock.advance(49_999)
    t.match(await create(), { status: 429 }, 'one millisecond before')
    await control.clock.advance(1)
    t.equal(told(await create()), '2 1 60')
  }
)

t.test('a limit is checked before scopes and after the key, and refusals count', async t => {
  const { control, create } = await testBench(t)
  const reader = await control.keys.mint({ scopes: [] })
  await control.forAccount(reader.key).rateLimit.set(1, '1h')
  t.match(await create({ token: reader.key }), { status: 403 })
  t.match(await create({ token: reader.key }), { status: 429 })
  t.match(await create({ token: 'nonsense' }), { status: 401 })
})

t.test('an account has a limit of its own, may be without one, and counts for itself', async t => {
  const { control, tenant } = await testBench(t)
  const [one, two, free] = [tenant('tc_live_one'), tenant('tc_live_two'), tenant('tc_live_free')]
  await control.rateLimit.set(1, '1h')
  await two.control.rateLimit.set(2, '1h')
  t.match(await free.control.rateLimit.lift(), { limit: null })
  const statuses = async ({ create }: typeof one) => [
    (await create()).status,
    (await create()).status,
    (await create()).status
  ]
  t.same(await statuses(one), [201, 429, 429])
  t.same(await statuses(two), [201, 201, 429])
  t.same(await statuses(free), [201, 201, 201])

  t.match(await control.rateLimit.lift(), { limit: null })
  t.match(await two.control.rateLimit.get(), { limit: null }, 'a call for all replaces those of each')
  t.same(await statuses(two), [201, 201, 201])
  await control.rateLimit.set(0, '1h')
  t.same(await statuses(one), [429, 429, 429])
})

t.test('a limit needs a window', async t => {
  const { app, control } = await testBench(t)
  for (const payload of [{ limit: 1 }, { limit: 1, window: 0 }, { limit: 1, window: '0s' }, { limit: -1, window: 1 }]) {
    const answer = await app.inject({ method: 'PUT', url: '/_topcalls/v1/rate-limits', payload })
    t.match(answer, { statusCode: 400 }, JSON.stringify(payload))
  }
  t.match(await control.rateLimit.get(), { limit: null })
})

t.test('a reset of the clock begins the window anew', async t => {
  const { control, create, apiKey } = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
  const own = control.forAccount(apiKey)
  await own.clock.advance('24h')
  await own.rateLimit.set(0, '1m')
  t.equal((await create()).headers.get('retry-after'), '60')
  await own.reset('clock')
  t.equal((await create()).headers.get('retry-after'), '60')
})
