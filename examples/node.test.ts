import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { connect, startFakeTopCalls } from 'fake-topcalls'
import { createTopCalls } from './client.ts'

// `fake-topcalls exec -- node --test` has started a server already; plain `node --test` has not.
const { TOPCALLS_BASE_URL: url, TOPCALLS_CONTROL_URL: controlUrl, TOPCALLS_API_KEY: apiKey } = process.env
const server =
  url && controlUrl && apiKey ? { url, apiKey, control: connect(controlUrl), close() {} } : await startFakeTopCalls()
after(() => server.close())

const topcalls = createTopCalls({ baseUrl: server.url, apiKey: server.apiKey })
const carrier = { carrier_name: 'My SIP provider', sip_gateway: { ipv4: '203.0.113.10' } }

// A shared server has other guests: only our own account is reset, broken and aged.
const control = server.control.forAccount(server.apiKey)
beforeEach(() => control.reset())

test('a lost answer is asked for again, and there is one carrier', async () => {
  await control.faults.arm({ phase: 'after', kind: 'reset', times: 1 })

  const { id } = await topcalls.addCarrier(carrier)

  const carriers = await control.carriers.list()
  assert.equal(carriers.total, 1)
  assert.equal(carriers.data[0]?.id, id)
  await control.requests.verify({ match: { outcome: 'faulted', committed: true }, times: 1 })
  await control.requests.verify({ match: { outcome: 'replayed', status: 201 }, times: 1 })
})

test('a key names the same carrier for 24 hours', async () => {
  const first = await topcalls.addCarrier(carrier, 'order-4711')

  await control.clock.advance('23h')
  const sameDay = await topcalls.addCarrier(carrier, 'order-4711')
  await control.clock.advance('1h')
  const nextDay = await topcalls.addCarrier(carrier, 'order-4711')

  assert.equal(sameDay.id, first.id)
  assert.notEqual(nextDay.id, first.id)
  assert.equal((await control.carriers.list()).total, 2)
})
