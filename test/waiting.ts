import t, { type Test } from 'tap'
import type { PhoneNumber } from '../src/topcalls/phone-number.ts'
import { testBench } from './fixtures/bench.ts'
import { numbersUrl } from './fixtures/emulator.ts'

const start = '2030-01-01T00:00:00Z'

/** A server with a client of its phone numbers. */
async function provisioning(t: Test, options = {}) {
  const world = await testBench(t, { clock: start, ...options })
  const { url, apiKey } = world
  async function call(method: string, path = '', body?: object, key?: string) {
    const answer = await fetch(`${url}${numbersUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(key && { 'idempotency-key': key })
      },
      ...(body && { body: JSON.stringify(body) })
    })
    const told = answer.status === 204 ? {} : await answer.json()
    return { status: answer.status, body: told as PhoneNumber & { data: PhoneNumber[] } }
  }
  return {
    ...world,
    own: world.control.forAccount(apiKey),
    add: (number: string, key?: string) => call('POST', '', { number }, key),
    read: async (id: string) => (await call('GET', `/${id}`)).body,
    listed: async () => (await call('GET')).body.data,
    remove: (id: string) => call('DELETE', `/${id}`)
  }
}

t.test('a fault lets a number wait, and it fails after a time of the clock', async t => {
  const { own, add, read, listed } = await provisioning(t)
  const fault = await own.faults.arm({
    kind: 'pending',
    becomes: 'failed',
    after: '30s',
    error_message: 'no route',
    times: 1
  })
  const { status, body } = await add('+12025550123')
  t.equal(status, 201)
  t.equal(body.status, 'pending')
  const { id } = body
  t.match(await read(id), { status: 'pending', error_message: null })

  await own.clock.advance(29_999)
  t.match(await read(id), { status: 'pending' })
  await own.clock.advance(1)
  const failed = { status: 'failed', error_message: 'no route', updated_at: '2030-01-01T00:00:30.000Z' }
  t.match(await read(id), failed)
  t.match(await listed(), [failed])

  t.match((await add('+12025550124')).body, { status: 'active' }, 'the fault has fired')
  t.match(await own.faults.get(fault.id), { fired: 1, remaining: 0 })
  await own.requests.verify({ match: { fault: 'pending', outcome: 'created', committed: true }, times: 1 })
})

t.test('a number waits for a control call where the fault names no time', async t => {
  const { own, add, read } = await provisioning(t)
  await own.faults.arm({ kind: 'pending' })
  const { id } = (await add('+12025550123')).body
  await own.clock.advance('48h')
  t.match(await read(id), { status: 'pending' })
  t.match(await own.phoneNumbers.setStatus(id, 'active'), { id, status: 'active' })
  t.match(await read(id), { status: 'active', updated_at: '2030-01-03T00:00:00.000Z' })
})

t.test('a control call may name a time, and a reason for a failure', async t => {
  const { own, add, read } = await provisioning(t)
  const { id } = (await add('+12025550123')).body
  const coming = await own.phoneNumbers.setStatus(id, 'failed', { after: '1m', error_message: 'gone' })
  t.match(coming, { status: 'active', next: { status: 'failed', at: '2030-01-01T00:01:00.000Z' } })
  t.match(await read(id), { status: 'active', updated_at: '2030-01-01T00:00:00.000Z' })
  await own.clock.advance('1m')
  t.match(await read(id), { status: 'failed', error_message: 'gone' })
  t.match(await own.phoneNumbers.setStatus(id, 'inactive'), { status: 'inactive', error_message: null })
  await t.rejects(own.phoneNumbers.setStatus(id, 'active', { error_message: 'x' }), {
    message: /error_message is for the status/
  })
})

t.test('a time beyond the last instant ends there', async t => {
  const { own, add } = await provisioning(t)
  await own.faults.arm({ kind: 'pending', after: '999999999999d', times: 1 })
  const { id } = (await add('+12025550123')).body
  const never = { next: { status: 'active', at: '9999-12-31T23:59:59.999Z' } }
  t.match((await own.phoneNumbers.list()).data, [never])
  t.match(await own.phoneNumbers.setStatus(id, 'active', { after: Number.MAX_SAFE_INTEGER }), never)
})

t.test('a deleted number changes no more', async t => {
  const { own, add, read, remove } = await provisioning(t)
  await own.faults.arm({ kind: 'pending', after: '1m', times: 1 })
  const { id } = (await add('+12025550123')).body
  t.equal((await remove(id)).status, 204)
  await own.clock.advance('2m')
  t.match(await read(id), { status: 'deleted' })
  await t.rejects(own.phoneNumbers.setStatus(id, 'active'), {
    message: /no phone number with this id, or it is deleted/
  })
  const { data, total } = await own.phoneNumbers.list()
  t.equal(total, 1)
  t.match(data, [{ id, status: 'deleted' }])
})

t.test('only a number that is made takes the fault: no refusal, no retry, no carrier', async t => {
  const { own, add, create } = await provisioning(t)
  const fault = await own.faults.arm({ kind: 'pending' })
  await add('nonsense')
  await create({ key: 'carrier-key' })
  t.match(await own.faults.get(fault.id), { matched: 0 })
  const first = await add('+12025550123', 'number-key')
  await add('+12025550123', 'number-key')
  await add('+12025550123')
  t.match(first.body, { status: 'pending' })
  t.match(await own.faults.get(fault.id), { matched: 1, fired: 1 })
})

t.test('members that do not belong to the fault are refused', async t => {
  const { own } = await provisioning(t)
  await t.rejects(own.faults.arm({ kind: 'reset', becomes: 'failed' }), {
    message: /becomes is for faults of the kind "pending"/
  })
  await t.rejects(own.faults.arm({ kind: 'pending', phase: 'after' }), { message: /phase must be "before"/ })
  await t.rejects(own.faults.arm({ kind: 'pending', error_message: 'why' }), { message: /error_message/ })
})

t.test('another account can neither see nor steer it', async t => {
  const { control, add } = await provisioning(t)
  const { id } = (await add('+12025550123')).body
  const other = control.forAccount('tc_live_other')
  await t.rejects(other.phoneNumbers.setStatus(id, 'failed'), { message: /no phone number with this id/ })
  t.equal((await other.phoneNumbers.list()).total, 0)
  t.equal((await control.phoneNumbers.setStatus(id, 'failed')).status, 'failed', 'without an account: any')
})

t.test('where two accounts have a number under the same id, the one that was named is steered and told', async t => {
  const { control } = await provisioning(t)
  const [one, two] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
  const id = '33333333-3333-4333-8333-333333333333'
  for (const account_id of [one, two]) {
    const phone_numbers = [{ id, number: '+12025550123' }]
    await control.forAccount(account_id).state.import({ version: 1, accounts: [{ account_id, phone_numbers }] })
  }
  t.match(await control.forAccount(two).phoneNumbers.setStatus(id, 'inactive'), { account_id: two, status: 'inactive' })
  t.match((await control.forAccount(one).phoneNumbers.list()).data, [{ account_id: one, status: 'active' }])
})

t.test('an export holds numbers with what becomes of them, and an import brings them back', async t => {
  const { own, add, read } = await provisioning(t)
  await own.faults.arm({ kind: 'pending', becomes: 'failed', after: '1h', error_message: 'why', times: 1 })
  const { id } = (await add('+12025550123')).body
  const gone = (await add('+12025550124')).body
  const before = await read(id)
  const state = await own.state.export()
  t.match(state.accounts[0]?.phone_numbers, [
    { id, next: { status: 'failed', error_message: 'why' } },
    { id: gone.id, status: 'active' }
  ])

  await own.reset()
  t.match(await read(id), { status: 404 })
  await own.state.import(state)
  t.same(await read(id), before)
  await own.clock.advance('1h')
  t.match(await read(id), { status: 'failed', error_message: 'why' })
})

t.test('a state that has a number twice is refused; a deleted one does not count', async t => {
  const { control } = await provisioning(t)
  const account_id = '2c5ea4c0-4067-4fe9-8bad-9b1deb4d3b7d'
  const state = (second: object) => ({
    version: 1 as const,
    accounts: [{ account_id, phone_numbers: [{ number: '+12025550123' }, { number: '+12025550123', ...second }] }]
  })
  await t.rejects(control.state.import(state({})), { message: /accounts\.0\.phone_numbers\.1\.number is there twice/ })
  await control.state.import(state({ status: 'deleted' }))
  t.equal((await control.phoneNumbers.list()).total, 2)
})

t.test('a state in which ids differ by their case only, or a deleted number is to come back, is refused', async t => {
  const { own } = await provisioning(t)
  const { accounts, ...head } = await own.state.export()
  const id = 'aaaaaaaa-3333-4333-8333-333333333333'
  const [number, at] = ['+12025550123', '2030-01-01T00:00:00Z']
  const refused: [object[], RegExp][] = [
    [
      [
        { id, number },
        { id: id.toUpperCase(), number: '+12025550124' }
      ],
      /phone_numbers\.1 is there twice/
    ],
    [
      [{ number, status: 'deleted', next: { status: 'active', at } }],
      /phone_numbers\.0\.next is for numbers that are not/
    ]
  ]
  for (const [phone_numbers, message] of refused) {
    const state = { ...head, accounts: [{ ...accounts[0], phone_numbers }] } as typeof head & {
      accounts: typeof accounts
    }
    await t.rejects(own.state.import(state), { message })
  }
  const carriers = [id, id.toUpperCase()].map(id => ({ id, carrier_name: 'x' }))
  const state = { ...head, accounts: [{ ...accounts[0], account_id: String(accounts[0]?.account_id), carriers }] }
  await t.rejects(own.state.import(state), { message: /carriers\.1 is there twice/ })
})

t.test('a reset takes numbers back to the seed, also alone', async t => {
  const seeded = { number: '+12025550100', label: 'Always there' }
  const account_id = '2c5ea4c0-4067-4fe9-8bad-9b1deb4d3b7d'
  const { own, control, add } = await provisioning(t, {
    state: { version: 1, accounts: [{ account_id, phone_numbers: [seeded] }] }
  })
  t.match((await control.phoneNumbers.list()).data, [
    { ...seeded, account_id, source: 'topcalls', carrier_name: 'TopCalls', status: 'active' }
  ])
  await add('+12025550123')
  await own.reset('phone_numbers')
  t.equal((await control.phoneNumbers.list()).total, 1)
})
