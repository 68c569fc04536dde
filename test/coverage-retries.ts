import t from 'tap'
import { covered } from './fixtures/coverage.ts'
import { plainCarrier } from './fixtures/emulator.ts'

const key = 'coverage-key'

t.test('what a key was used for before tells a retry from a repetition', async t => {
  const { create, fresh, own } = await covered(t, { clock: '2030-01-01T00:00:00Z' })
  const other = { ...plainCarrier, carrier_name: 'Another' }
  const first = ['created', 'inbound-address', 'key', 'port-absent', 'trunk-absent']

  await create({ key })
  t.same(await fresh(), first)
  await create({ key })
  t.same(await fresh(), ['replay'])
  await create({ key, body: other })
  t.same(await fresh(), ['mismatch', 'replay'])
  await own.clock.advance('24h')
  await create({ key })
  t.same(await fresh(), [...first, 'expired'].sort())

  await create({ key: 'refused-key', body: {} })
  await create({ key: 'refused-key' })
  t.ok((await fresh()).includes('after-refusal'))
})

t.test('a retry after a lost answer, after a failure and after a 429 are told apart', async t => {
  const { create, fresh, own } = await covered(t)
  const retry = 'retried-key'
  await own.faults.arm({ phase: 'after', kind: 'reset', times: 1 })
  await t.rejects(create({ key }))
  t.notOk((await fresh()).includes('after-lost-answer'))
  await create({ key })
  t.same(await fresh(), ['after-lost-answer', 'replay'])
  await create({ key })
  t.same(await fresh(), ['replay'], 'the answer got through before')

  await own.faults.arm({ phase: 'after', kind: 'status', status: 503, times: 1 })
  await create({ key })
  t.same(await fresh(), [], 'the repeated answer was lost as well')
  await create({ key })
  t.same(await fresh(), ['after-lost-answer', 'replay'])

  await own.faults.arm({ kind: 'status', status: 503, times: 1 })
  await create({ key: retry })
  t.same(await fresh(), [], 'nothing was looked at')
  await create({ key: retry })
  t.ok((await fresh()).includes('after-failure'))

  await own.rateLimit.set(0, '1h')
  await create({ key: 'limited-key' })
  t.same(await fresh(), ['limited'])
  await own.rateLimit.lift()
  await create({ key: 'limited-key' })
  const seen = await fresh()
  t.ok(seen.includes('after-429'))
  t.notOk(seen.includes('after-refusal'))

  await own.faults.arm({ kind: 'status', status: 402, times: 1 })
  await create()
  t.same(await fresh(), ['no-quota'])
})

t.test('a client that gave up has lost its answer, also where the retry comes first', async t => {
  const { url, apiKey, fresh, own, control } = await covered(t)
  await own.faults.arm({ phase: 'after', kind: 'delay', delay: '300ms', times: 1 })
  const send = (signal?: AbortSignal) =>
    fetch(`${url}/v1/phone-numbers/carriers`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(plainCarrier),
      signal: signal ?? null
    })
  await t.rejects(send(AbortSignal.timeout(100)))
  await send()
  await control.requests.wait({ count: 2 })
  t.ok((await fresh()).includes('after-lost-answer'))
})

t.test('duplicates at the same time are seen', async t => {
  const { create, fresh } = await covered(t)
  await Promise.all([create({ key }), create({ key }), create({ key })])
  t.ok((await fresh()).includes('simultaneous'))
  await create({ key })
  t.same(await fresh(), ['replay'])
})
