import t from 'tap'
import { strictnesses } from '../src/modes.ts'
import { count, coverageStore, nameOfKey } from '../src/store/coverage.ts'
import { testBench } from './fixtures/bench.ts'
import { gateway, plainCarrier } from './fixtures/emulator.ts'

const credentials = { username: 'user', password: 'secret' }
const bodies = [
  plainCarrier,
  { ...plainCarrier, trunk_type: 'static_ip' },
  { ...plainCarrier, trunk_type: 'reg', registration: credentials },
  { ...plainCarrier, trunk_type: 'auth', inbound_auth: credentials },
  gateway({ ipv4: 'sip.example.com', inbound: false, port: 5061 }),
  { ...plainCarrier, carrier_name: '' },
  { ...plainCarrier, trunk_type: 'ip' },
  { ...plainCarrier, trunk_type: 'reg' },
  { ...plainCarrier, trunk_type: 'auth' },
  { ...plainCarrier, trunk_type: 'reg', registration: {} },
  { ...plainCarrier, trunk_type: 'auth', inbound_auth: {} },
  gateway({ ipv4: 'sip.example.com', inbound: true }),
  gateway({ ipv4: 'a b', inbound: false, port: 0 }),
  { ...plainCarrier, unknown: 1 }
]

for (const strictness of strictnesses) {
  t.test(`a suite can meet all that is demanded with strictness ${strictness}`, async t => {
    const { create, control, apiKey } = await testBench(t, { strictness, clock: '2030-01-01T00:00:00Z' })
    const own = control.forAccount(apiKey)
    for (const body of bodies) await create({ body })
    await create({ token: 'nonsense' })
    await create({ token: (await control.keys.mint({ scopes: [] })).key })
    await create({ key: 'short' })

    const names = ['expired', 'refused', 'at-once', 'lost', 'failed', 'limited'].map(name => `${name}-key`)
    const [expired, refused, atOnce, lost, failed, limited] = names as [string, string, string, string, string, string]
    await create({ key: expired })
    await create({ key: expired })
    await create({ key: expired, body: { ...plainCarrier, carrier_name: 'Another' } })
    await own.clock.advance('24h')
    await create({ key: expired })
    await create({ key: refused, body: {} })
    await create({ key: refused })
    await Promise.all([create({ key: atOnce }), create({ key: atOnce })])
    await own.faults.arm({ phase: 'after', kind: 'reset', times: 1 })
    await t.rejects(create({ key: lost }))
    await create({ key: lost })
    for (const [key, status] of [
      [failed, 503],
      [limited, 429],
      ['quota-key', 402]
    ] as const) {
      await own.faults.arm({ kind: 'status', status, times: 1 })
      await create({ key })
      await create({ key })
    }

    const { percent, missing, seen, demanded } = await control.coverage()
    t.same(missing, [])
    t.equal(percent, 100)
    t.equal(seen, demanded)
  })
}

t.test('accounts that are no longer remembered stay in the sum', t => {
  const store = coverageStore()
  for (let number = 0; number < 1_500; number++) count(store.tallyOf(`account ${number}`), 3, `request ${number}`)
  t.same(store.seen()[3], { count: 1_500, first: ['request 0', 'request 1', 'request 2'] })
  t.same(store.seen('account 0'), [])
  t.same(store.seen('account 1499')[3], { count: 1, first: ['request 1499'] })
  t.end()
})

t.test('what was cleared can be brought back', t => {
  const store = coverageStore()
  count(store.tallyOf('one'), 0, 'a')
  count(store.tallyOf('two'), 0, 'b')
  const restore = store.snapshot()
  store.clear(undefined)
  t.same(store.seen(), [])
  restore()
  t.same(store.seen()[0], { count: 2, first: ['a', 'b'] })
  store.clear('one')
  t.same(store.seen()[0], { count: 1, first: ['b'] })
  t.end()
})

t.test('of many keys the recent ones are remembered, and those of an account can be forgotten', t => {
  const store = coverageStore()
  for (let number = 0; number < 12_000; number++) store.remember(nameOfKey('one', `key ${number}`), { endedAt: number })
  store.remember(nameOfKey('two', 'key'), { endedAt: 1 })
  t.equal(store.pastOf(nameOfKey('one', 'key 0')), undefined)
  t.equal(store.pastOf(nameOfKey('one', 'key 7000'))?.endedAt, 7_000)
  store.forgetKeys('one')
  t.equal(store.pastOf(nameOfKey('one', 'key 11999')), undefined)
  t.equal(store.pastOf(nameOfKey('two', 'key'))?.endedAt, 1)
  t.end()
})
