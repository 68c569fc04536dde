import { connect } from 'fake-topcalls'
import { test as base, describe } from 'vitest'
import { createTopCalls } from './client.ts'

const { TOPCALLS_BASE_URL: baseUrl = 'http://127.0.0.1:8672' } = process.env
const carrier = { carrier_name: 'My SIP provider', sip_gateway: { ipv4: '203.0.113.10' } }
const sleep = async () => {}

// A key that is minted without an account brings a new one, so that no test sees or disturbs another.
const test = base
  .extend('key', () => connect(baseUrl).keys.mint())
  .extend('control', ({ key }) => connect(baseUrl).forAccount(key.account_id))
  .extend('topcalls', ({ key }) => createTopCalls({ baseUrl, apiKey: key.key, sleep }))

describe.concurrent('tests that share a server', () => {
  test('each of them sees its own carriers only', async ({ topcalls, control, expect }) => {
    const { id } = await topcalls.addCarrier(carrier)

    const { data } = await control.carriers.list()
    expect(data).toMatchObject([{ id, carrier_name: 'My SIP provider' }])
  })

  test('a lasting outage makes the client give up after four attempts', async ({ topcalls, control, expect }) => {
    await control.faults.arm({ kind: 'status', status: 503 })

    await expect(topcalls.addCarrier(carrier)).rejects.toMatchObject({ status: 503 })
    await control.requests.verify({ match: { outcome: 'faulted' }, times: 4 })
  })

  test('a revoked key is refused at once', async ({ topcalls, key, control, expect }) => {
    await topcalls.addCarrier(carrier)
    await control.keys.revoke(key.id)

    await expect(topcalls.addCarrier(carrier)).rejects.toMatchObject({ status: 401 })
    await control.requests.verify({ match: { status: 401 }, times: 1 })
  })
})
