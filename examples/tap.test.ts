import { startFakeTopCalls } from 'fake-topcalls'
import t from 'tap'
import { createTopCalls } from './client.ts'

const carrier = { carrier_name: 'My SIP provider', sip_gateway: { ipv4: '203.0.113.10' } }

t.test('a short outage makes a carrier late, nothing else', async t => {
  await using server = await startFakeTopCalls()
  const { url: baseUrl, apiKey, control } = server
  const waits: number[] = []
  const topcalls = createTopCalls({ baseUrl, apiKey, sleep: async milliseconds => waits.push(milliseconds) })
  await control.faults.arm({ kind: 'status', status: 503, headers: { 'retry-after': '7' }, times: 2 })

  const { id } = await topcalls.addCarrier(carrier)

  t.same(waits, [7_000, 7_000])
  t.match(await control.carriers.list(), { total: 1, data: [{ id }] })
  await t.resolves(control.requests.verify({ match: { outcome: 'created' }, times: 1 }))
})

t.test('with a seed and a clock that stands still, each run gets the same answer', async t => {
  const run = async () => {
    await using server = await startFakeTopCalls({ seed: 1, clock: '2030-01-01T00:00:00Z' })
    const topcalls = createTopCalls({ baseUrl: server.url, apiKey: server.apiKey })
    // Without await the server would be gone before the request.
    return await topcalls.addCarrier(carrier)
  }

  const first = await run()
  const second = await run()

  t.match(first, { id: /^[0-9a-f-]{36}$/, created_at: '2030-01-01T00:00:00.000Z' })
  t.same(second, first)
})
