import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type FakeTopCalls, startFakeTopCalls } from 'fake-topcalls'
import { createTopCalls } from './client.ts'

const carrier = { carrier_name: 'My SIP provider', sip_gateway: { ipv4: '203.0.113.10' } }

let server: FakeTopCalls
beforeAll(async () => {
  server = await startFakeTopCalls()
})
// Carriers, requests, faults, limits and the clock: the next test finds nothing of them.
afterEach(() => server.control.reset())
afterAll(() => server.close())

test('the client waits as long as a 429 tells it to', async () => {
  const { url: baseUrl, apiKey, control } = server
  const waits: number[] = []
  // The minute passes for the server, not for the test.
  const sleep = async (milliseconds: number) => {
    waits.push(milliseconds)
    await control.clock.advance(milliseconds)
  }
  const topcalls = createTopCalls({ baseUrl, apiKey, sleep })
  await control.rateLimit.set(1, '1m')

  await topcalls.addCarrier(carrier)
  await topcalls.addCarrier({ ...carrier, carrier_name: 'Another' })

  expect(waits).toEqual([60_000])
  expect((await control.carriers.list()).data).toMatchObject([{ carrier_name: 'Another' }, carrier])
})

test('a carrier that is refused is not sent again', async () => {
  const { url: baseUrl, apiKey, control } = server
  const topcalls = createTopCalls({ baseUrl, apiKey })

  const added = topcalls.addCarrier({ ...carrier, sip_gateway: { ipv4: 'sip.example.com', inbound: true } })

  await expect(added).rejects.toMatchObject({ status: 400, message: expect.stringContaining('sip_gateway.ipv4') })
  const requests = await control.requests.list()
  expect(requests.data).toMatchObject([{ status: 400, outcome: 'refused', rules: ['B4'] }])
  expect((await control.carriers.list()).total).toBe(0)
})
