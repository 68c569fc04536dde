import t from 'tap'
import { testBench } from './fixtures/bench.ts'

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
