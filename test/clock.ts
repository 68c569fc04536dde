import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createClock } from '../src/clock.ts'
import { testBench } from './fixtures/bench.ts'
import { emulator, hour } from './fixtures/emulator.ts'

const key = 'one-day-long-1'
const seconds = (instant: string | null) => Math.floor(Date.parse(String(instant)) / 1_000)

t.test('24 hours pass by one call: exactly then the key is free', async t => {
  const { control, create } = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
  const first = await (await create({ key })).text()

  await control.clock.advance(24 * hour - 1)
  t.equal(await (await create({ key })).text(), first, 'one millisecond before')
  await control.clock.advance(1)
  const after = await create({ key })

  t.notOk(after.headers.has('idempotent-replayed'))
  t.match(await after.json(), { created_at: '2030-01-02T00:00:00.000Z' })
  t.equal((await control.carriers.list()).total, 2)
})

t.test('a clock is advanced, set, frozen and released, and drives created_at and the Date header', async t => {
  const { control, create, apiKey } = await testBench(t)
  const mine = control.forAccount(apiKey)
  t.match(await mine.clock.get(), { frozen: false, own: false })

  t.match(await mine.clock.set('2040-02-29T12:00:00Z'), { now: /^2040-02-29T12:00:00/, own: true })
  t.match(await mine.clock.freeze(), { frozen: true })
  const { now } = await mine.clock.get()
  const answer = await create()
  t.match(await answer.json(), { created_at: now })
  t.equal(seconds(answer.headers.get('date')), seconds(now))

  t.equal((await mine.clock.advance('36h')).now, new Date(Date.parse(now) + 36 * hour).toISOString())
  t.match(await mine.clock.unfreeze(), { frozen: false })
  const running = Date.parse((await mine.clock.get()).now)
  t.ok(running >= Date.parse(now) + 36 * hour && running < Date.parse(now) + 37 * hour)
})

t.test('each form of a duration is taken, and one call may set, advance and freeze', async t => {
  const { app, control } = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
  const steps: [number | string, string][] = [
    [1, '00:00:00.001Z'],
    ['1ms', '00:00:00.002Z'],
    ['1s', '00:00:01.002Z'],
    ['1m', '00:01:01.002Z'],
    ['1h', '01:01:01.002Z'],
    ['0d', '01:01:01.002Z']
  ]
  for (const [step, time] of steps) t.equal((await control.clock.advance(step)).now, `2030-01-01T${time}`)

  const payload = { set: '2031-01-01T00:00:00+01:00', advance: '1h', freeze: false }
  const answer = await app.inject({ method: 'POST', url: '/_topcalls/v1/clock', payload })
  t.match(answer.json(), { now: /^2031-01-01T00:00:0/, frozen: false })
})

t.test('a clock that is set and stopped in one call shows exactly that instant', async t => {
  let ticks = Date.parse('2030-01-01T00:00:00Z')
  const { app } = await emulator(t, { clock: createClock(() => ++ticks) })
  const steer = (payload: object) => app.inject({ method: 'POST', url: '/_topcalls/v1/clock', payload })

  const answer = await steer({ set: '2031-01-01T00:00:00Z', advance: '1h', freeze: true })
  t.same(answer.json(), { now: '2031-01-01T01:00:00.000Z', frozen: true, own: false })

  await steer({ freeze: false })
  for (const refused of [{ set: '2030-01-01T00:00:00Z' }, { advance: '9999999d' }])
    t.equal((await steer({ ...refused, freeze: true })).statusCode, 400)
  t.match((await app.inject('/_topcalls/v1/clock')).json(), { frozen: false }, 'a refusal stops nothing')
})

t.test('backwards is refused with 400, for one account and for all, until a reset', async t => {
  const { control, tenant } = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
  const [one, two] = [tenant('tc_live_one'), tenant('tc_live_two')]
  await one.create()
  await two.control.clock.advance('48h')

  await t.rejects(one.control.clock.set('2029-12-31T23:59:59Z'), {
    status: 400,
    message: /^set must not be before 2030/
  })
  await t.rejects(control.clock.set('2030-01-02T00:00:00Z'), {
    status: 400,
    message: /^set must not be before 2030-01-03/
  })
  t.match(await one.control.clock.get(), { now: '2030-01-01T00:00:00.000Z' }, 'one is further, so none is moved')
  t.match(await control.clock.get(), { now: '2030-01-01T00:00:00.000Z' })

  await two.control.reset('clock')
  t.match(await two.control.clock.get(), { now: '2030-01-01T00:00:00.000Z', own: false })
})

t.test('a reset of the clock alone leaves nothing dated in the future', async t => {
  const { control, create, apiKey } = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
  await control.clock.advance('24h')
  await create({ key })
  await control.reset('clock')
  t.match(await control.forAccount(apiKey).clock.get(), { now: '2030-01-02T00:00:00.000Z' })

  await control.reset('clock', 'carriers', 'idempotency')
  t.match(await control.forAccount(apiKey).clock.get(), { now: '2030-01-01T00:00:00.000Z' })
})

t.test('what cannot be done with a clock is told in a sentence', async t => {
  const { app } = await testBench(t)
  const cases: [object, string, RegExp][] = [
    [{}, '', /must have "set", "advance" or "freeze"/],
    [{ advance: -1 }, 'advance', /must/],
    [{ advance: '1 day' }, 'advance', /such as "500ms"/],
    [{ advance: '999999999999d' }, 'advance', /9999/],
    [{ set: 'tomorrow' }, 'set', /RFC 3339/],
    [{ set: '2016-12-31T23:59:60Z' }, 'set', /RFC 3339/],
    [{ freeze: 'yes' }, 'freeze', /boolean/],
    [{ foo: 1 }, 'foo', /not a member/],
    [{ account: 'me', advance: 1 }, 'account', /id of an account or one of its keys/]
  ]
  for (const [payload, path, message] of cases) {
    const answer = await app.inject({ method: 'POST', url: '/_topcalls/v1/clock', payload })
    t.equal(answer.statusCode, 400, JSON.stringify(payload))
    t.match(answer.json().errors[0], { path, message }, JSON.stringify(payload))
  }
})

t.test('all accounts are steered together, those that go their own way included', async t => {
  const { control, tenant } = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
  const [own, plain] = [tenant('tc_live_own'), tenant('tc_live_plain')]
  await own.control.clock.advance('1h')
  await control.clock.advance('24h')
  t.match(await own.control.clock.get(), { now: '2030-01-02T01:00:00.000Z', own: true })
  t.match(await plain.control.clock.get(), { now: '2030-01-02T00:00:00.000Z', own: false })
})

t.test('a clock ends with the year 9999', async t => {
  const { control, create } = await testBench(t)
  await control.clock.set('9999-12-31T23:59:59.990Z')
  await sleep(30)
  t.match(await control.clock.get(), { now: '9999-12-31T23:59:59.999Z' })
  t.match(await (await create()).json(), { created_at: '9999-12-31T23:59:59.999Z' })
  t.match(await control.clock.freeze(), { frozen: true })
})

t.test('a refusal is dated by the clock of the account that its key names', async t => {
  const { control, create, url, apiKey } = await testBench(t)
  const own = control.forAccount(apiKey)
  const revoked = await own.keys.mint({ revoked: true })
  await own.clock.set('2050-01-01T00:00:00Z')
  const headers = { authorization: `Bearer ${apiKey}` }
  for (const answer of [await create({ token: revoked.key }), await fetch(`${url}/v1/nothing`, { headers })]) {
    t.ok(answer.status === 401 || answer.status === 404)
    t.match(answer.headers.get('date'), /2050/)
  }
  t.match(await own.requests.list(), { total: 2 })
})
