import t from 'tap'
import type { State } from '../src/index.ts'
import { postNumber, testBench } from './fixtures/bench.ts'
import { plainCarrier } from './fixtures/emulator.ts'

const sharedKey = 'both-accounts-use-this'

/** Two accounts that did the same, of which one is to learn nothing of the other. */
async function neighbours(t: Parameters<typeof testBench>[0]) {
  const bench = await testBench(t, { database: `${t.testdir()}/fake.db`, clock: '2030-01-01T00:00:00Z' })
  const inhabit = async (name: string) => {
    const one = bench.tenant(`tc_live_${name}`)
    const body = { ...plainCarrier, carrier_name: `${name}-carrier` }
    for (const key of [sharedKey, `${name}-only-key`]) await one.create({ key, body })
    const number = { number: '+12025550123', label: `${name}-label` }
    await postNumber(bench.url, { token: one.token, body: number })
    const [phoneNumber] = (await one.control.phoneNumbers.list()).data
    const fault = await one.control.faults.arm({ kind: 'delay', delay: 1, match: { path: `/${name}-path` } })
    const minted = await one.control.keys.mint()
    await one.control.rateLimit.set(1_000, '1h')
    const { data } = await one.control.requests.list()
    const { next_cursor } = await one.control.requests.list({ limit: 1 })
    const carriers = await one.control.carriers.list({ limit: 1 })
    const records = await one.control.idempotency.list({ limit: 1 })
    const cursors = { requests: next_cursor, carriers: carriers.next_cursor, idempotency: records.next_cursor }
    return { ...one, phoneNumber, fault, minted, requests: data, cursors, id: minted.account_id }
  }
  const mine = await inhabit('mine')
  const theirs = await inhabit('theirs')
  const everythingOf = async ({ control }: typeof mine) =>
    JSON.stringify([await control.state.export(), await control.requests.list(), await control.rateLimit.get()])
  return { ...bench, mine, theirs, everythingOf }
}

type Neighbours = Awaited<ReturnType<typeof neighbours>>

/** Whatever names something of an account: its ids, its names, its keys. */
function marksOf({ id, fault, minted, requests, phoneNumber }: Neighbours['theirs'], state: State): string[] {
  const own = state.accounts.flatMap(({ carriers = [] }) =>
    carriers.flatMap(carrier => [carrier.id, carrier.voip_carrier_sid, carrier.sip_gateway_sid, carrier.carrier_name])
  )
  const ids = requests.map(request => request.id)
  return [
    id,
    fault.id,
    minted.id,
    minted.key,
    'theirs-only-key',
    '/theirs-path',
    'theirs-label',
    ...ids,
    ...own,
    phoneNumber?.id
  ].map(String)
}

/** A body for each operation that takes one; what it does to the account that it names is no matter. */
const bodies: Record<string, object> = {
  changeClock: { advance: '24h', freeze: true },
  armFault: { kind: 'hang' },
  verifyRequests: { match: { idempotency_key: sharedKey }, times: 99 },
  mintKey: {},
  setPhoneNumberStatus: { status: 'failed' },
  setRateLimit: { limit: 0, window: '1h' },
  importState: {},
  reset: {}
}

/** One speaks of the whole server; the other is a stream without end, which a test of its own reads. */
const apart = ['getInfo', 'streamRequests']

interface Operation {
  operationId: string
  parameters?: { name: string; in: string }[]
  requestBody?: object
}

t.test('no control call that names an account tells or changes anything of another', async t => {
  const { url, mine, theirs, everythingOf } = await neighbours(t)
  const marks = marksOf(theirs, await theirs.control.state.export())
  const before = await everythingOf(theirs)
  const document = await (await fetch(`${url}/_topcalls/v1/openapi.json`)).json()
  const { paths } = document as { paths: Record<string, Record<string, Operation>> }
  let calls = 0

  async function call(method: string, path: string, { operationId, parameters = [], requestBody }: Operation) {
    const inQuery = parameters.some(({ name, in: place }) => name === 'account' && place === 'query')
    const query = new URLSearchParams(inQuery ? { account: mine.token } : {})
    if (path.endsWith('/requests/wait')) query.set('timeout', '0ms')
    const body = inQuery ? bodies[operationId] : { account: mine.token, ...bodies[operationId] }
    if (requestBody) t.ok(bodies[operationId], `${operationId} has a body in this test`)
    const answer = await fetch(`${url}${path}?${query}`, {
      method,
      ...(requestBody && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    })
    const text = await answer.text()
    calls++
    for (const mark of marks) t.notOk(text.includes(mark), `${method} ${path} tells ${mark}`)
  }

  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      if (apart.includes(operation.operationId)) continue
      const ids = path.includes('{id}')
        ? [theirs.fault.id, theirs.minted.id, theirs.requests[0]?.id, theirs.phoneNumber?.id]
        : ['']
      for (const id of ids) await call(method.toUpperCase(), path.replace('{id}', String(id)), operation)
    }
  }
  t.ok(calls > 25, `${calls} calls`)
  t.equal(await everythingOf(theirs), before)
  t.match(await theirs.create(), { status: 201 }, 'their key works')
})

t.test('an id, a cursor or an event id of another account leads to nothing of it', async t => {
  const { url, mine, theirs } = await neighbours(t)
  const { control } = mine
  await t.rejects(control.requests.get(String(theirs.requests[0]?.id)), { name: 'ControlError', status: 404 })
  await t.rejects(control.faults.get(theirs.fault.id), { name: 'ControlError', status: 404 })
  await t.rejects(control.faults.disarm(theirs.fault.id), { name: 'ControlError', status: 404 })
  await t.rejects(control.keys.revoke(theirs.minted.id), { name: 'ControlError', status: 404 })

  const { requests, carriers, idempotency } = theirs.cursors
  const pages = [
    await control.requests.list({ cursor: String(requests) }),
    await control.carriers.list({ cursor: String(carriers) }),
    await control.idempotency.list({ cursor: String(idempotency) })
  ]
  for (const page of pages) {
    t.ok(page.data.length > 0, 'such a cursor is a place in the order of all')
    for (const item of page.data) t.equal(item.account_id, mine.id)
  }

  const aborted = new AbortController()
  const stream = await fetch(`${url}/_topcalls/v1/events?account=${mine.token}`, {
    headers: { 'last-event-id': '0' },
    signal: aborted.signal
  })
  await mine.create({ key: 'the-end-of-events' })
  let told = ''
  for await (const chunk of stream.body ?? []) {
    told += Buffer.from(chunk).toString()
    if (told.includes('the-end-of-events')) break
  }
  aborted.abort()
  t.notMatch(told, /theirs/)
  t.equal(told.split(theirs.id).length, 1)
})

t.test('a replay and an eviction stay within the account of the key', async t => {
  const { mine, theirs, tenant, control } = await neighbours(t)
  const stranger = await tenant('tc_live_stranger').create({ key: sharedKey })
  t.equal(stranger.headers.get('idempotent-replayed'), null)
  t.notMatch(await stranger.text(), /mine|theirs/)

  const sibling = await tenant(mine.minted.key).create({ key: sharedKey })
  t.equal(sibling.headers.get('idempotent-replayed'), 'true', 'a second key of the account shares its records')
  t.match(await sibling.json(), { account_id: mine.id, carrier_name: 'mine-carrier' })

  await mine.control.idempotency.evict(sharedKey)
  await mine.control.idempotency.evict('theirs-only-key')
  const replay = await theirs.create({ key: sharedKey, body: { ...plainCarrier, carrier_name: 'theirs-carrier' } })
  t.equal(replay.headers.get('idempotent-replayed'), 'true')
  t.match(await control.idempotency.list(), { total: 4 })
})

t.test('an import for one account takes nothing from another, whatever ids and keys it names', async t => {
  const { mine, theirs, everythingOf, tenant } = await neighbours(t)
  const before = await everythingOf(theirs)
  const exported = await theirs.control.state.export()
  const [account] = exported.accounts
  const { keys: theirKeys = [], ...things } = account ?? {}
  const asMine = (more: object) => ({ ...exported, accounts: [{ ...things, ...more, account_id: mine.id }] })

  const stolen = theirKeys[0] ?? t.bailout('a key is listed')
  const minted = { key: theirs.minted.key, scopes: [] }
  for (const key of [stolen, minted]) {
    await t.rejects(mine.control.state.import(asMine({ keys: [key] }) as State), { name: 'ControlError', status: 400 })
  }
  t.equal(await everythingOf(theirs), before)

  await mine.control.state.import(asMine({}) as State)
  t.equal(await everythingOf(theirs), before, 'ids and keys of theirs in mine are mine')
  await mine.control.reset()
  t.equal(await everythingOf(theirs), before)

  const planted = {
    account_id: theirs.id,
    carriers: [{ carrier_name: 'planted' }],
    faults: [{ kind: 'hang' as const }],
    clock: { now: '2031-01-01T00:00:00Z', frozen: true }
  }
  await mine.control.state.import({ ...exported, accounts: [{ account_id: mine.id }, planted] })
  t.equal(await everythingOf(theirs), before, 'what a document says of others is not heard')
  t.match(await (await tenant(theirs.minted.key).create()).json(), { account_id: theirs.id })
})

t.test('a call that names an account takes no key from another and ends no rule for all', async t => {
  const { control, tenant, create } = await testBench(t)
  const [mine, theirs] = [tenant('tc_live_mine'), tenant('tc_live_theirs')]
  const minted = await theirs.control.keys.mint()
  await t.rejects(mine.control.keys.mint({ key: minted.key }), { name: 'ControlError', status: 400 })
  t.match(await (await tenant(minted.key).create()).json(), { account_id: minted.account_id })
  const rule = await control.faults.arm({ kind: 'status', match: { path: '/never' } })
  await t.rejects(mine.control.faults.disarm(rule.id), { name: 'ControlError' })
  t.match(await control.faults.list(), { length: 1 })
  t.match(await create(), { status: 201 })
})
