import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { ControlError, type Entry } from '../src/index.ts'
import { testBench } from './fixtures/bench.ts'
import { plainCarrier } from './fixtures/emulator.ts'

const key = 'verified-key-1'

t.test('an expectation that is met answers how many matched', async t => {
  const { control, create } = await testBench(t)
  await create({ key })
  await create({ key })
  await create({ body: {} })
  const met: Parameters<typeof control.requests.verify>[0][] = [
    {},
    { times: 3 },
    { match: { outcome: 'replayed' }, times: 1 },
    { match: { outcome: 'faulted' }, times: 0 },
    { match: { idempotency_key: key }, at_least: 2, at_most: 2 },
    { match: { idempotency_key: null }, times: 1 },
    { match: { status: 400, rules: ['B1'] } },
    { match: { findings: ['missing_idempotency_key'] }, times: 1 },
    { match: { body: { sip_gateway: plainCarrier.sip_gateway }, committed: true }, times: 1 },
    { match: { headers: { 'content-type': 'application/json' }, method: 'POST', fault: null }, times: 3 }
  ]
  for (const expectation of met) {
    t.match(await control.requests.verify(expectation), { dropped: 0 }, JSON.stringify(expectation))
  }
})

t.test('one that is not met tells the nearest misses and what to change', async t => {
  const { control, create } = await testBench(t)
  const answer = await create({ key, body: { ...plainCarrier, carrier_name: 'Wrong name' } })
  await create({ body: {} })
  const match = { outcome: 'created', body: { carrier_name: 'Right name', sip_gateway: { port: 5061 } } } as const

  const error = await control.requests.verify({ match }).catch((thrown: unknown) => thrown)

  if (!(error instanceof ControlError)) throw new Error('no ControlError')
  t.equal(error.status, 422)
  t.equal(
    error.message,
    '0 matched, at least 1 were expected; the nearest miss has body.carrier_name "Wrong name" instead of "Right name" ' +
      'and body.sip_gateway.port nothing instead of 5061'
  )
  t.match(error.problem, {
    status: 422,
    title: 'Expectation not met',
    matched: [],
    nearest: [
      {
        id: answer.headers.get('x-request-id'),
        outcome: 'created',
        idempotency_key: key,
        differences: [
          { path: 'body.carrier_name', expected: 'Right name', actual: 'Wrong name' },
          { path: 'body.sip_gateway.port', expected: 5061 }
        ]
      },
      { outcome: 'refused', status: 400 }
    ]
  })
  await t.rejects(control.requests.verify({ match: { method: 'POST' }, times: 1 }), {
    message: /^2 matched, exactly 1/
  })
  await t.rejects(control.requests.verify({ at_most: 1 }), { message: /^2 matched, at most 1/ })
  await t.rejects(control.requests.verify({ at_least: 3 }), { message: /^2 matched, at least 3/ })
  const nobody = control.forAccount('tc_live_nobody')
  await t.rejects(nobody.requests.verify(), { message: /the journal has no request of this account/ })
})

t.test('waiting ends as soon as enough requests match', async t => {
  const { control, create } = await testBench(t)
  await create({ key })
  t.match(await control.requests.wait({ idempotency_key: key }), [{ outcome: 'created' }], 'what is there counts')

  const waiting = control.requests.wait({ outcome: 'created', count: 3, timeout: '10s' })
  await create()
  await create({ body: {} })
  await create()
  t.equal((await waiting).length, 3)
})

t.test('waiting in vain ends with the timeout and the nearest misses', async t => {
  const { control, create, apiKey } = await testBench(t)
  await create({ body: {} })
  const mine = control.forAccount(apiKey)
  await t.rejects(mine.requests.wait({ outcome: 'created', timeout: 50 }), {
    status: 422,
    message: /^0 matched within 50 ms, 1 were expected; the nearest miss has outcome "refused" instead of "created"$/
  })
  await t.rejects(mine.requests.wait({ timeout: '2m' }), { status: 400, message: /at most 60 s/ })
  await t.rejects(mine.requests.wait({ timeout: 'soon' }), { status: 400, message: /^timeout must be/ })
})

t.test('a server that closes sends those away who still wait', async t => {
  const { control, close } = await testBench(t)
  const waiting = control.requests.wait({ timeout: '1m' })
  const rejected = t.rejects(waiting, { status: 422, message: /^0 matched before the server closed/ })
  await sleep(100)
  await close()
  await rejected
})

t.test('events are streamed as they come, filtered, and resumed behind the last one seen', async t => {
  const { create, url, tenant } = await testBench(t)
  const other = tenant('tc_live_other')
  await create()
  const seen: Entry[] = []
  const listening = (async () => {
    for await (const entry of other.control.events({ outcome: 'created' })) if (seen.push(entry) === 2) return
  })()
  // The stream is open once its first request is told; before that, requests go unheard.
  while (seen.length === 0) {
    await other.create({ key: 'heard-key-1' })
    await other.control.idempotency.evict()
    await sleep(20)
  }
  await create()
  await other.create({ body: {} })
  await other.create()
  await listening
  t.equal(new Set(seen.map(({ account_id }) => account_id)).size, 1)
  t.ok(seen.every(({ outcome }) => outcome === 'created'))

  const aborting = new AbortController()
  const resumed = await fetch(`${url}/_topcalls/v1/events`, {
    headers: { 'last-event-id': '1' },
    signal: aborting.signal
  })
  t.match(resumed.headers.get('content-type'), /text\/event-stream/)
  let text = ''
  for await (const chunk of resumed.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (/^id: [0-9a-f]{8}-2\nevent: request\ndata: {"id"/m.test(text)) break
  }
  t.notMatch(text, /-1\nevent/)
  aborting.abort()
  t.match(await fetch(`${url}/_topcalls/v1/events?outcome=lost`), { status: 400 })
})

t.test('a secret cannot be asked for, and is not repeated', async t => {
  const { control, apiKey } = await testBench(t)
  const refused = await control.requests
    .verify({
      match: { headers: { authorization: `Bearer ${apiKey}` }, body: { registration: { password: 'hunter2' } } }
    })
    .catch((thrown: unknown) => thrown as ControlError)
  t.match(refused, { status: 400, message: /^match.headers.authorization is a secret/ })
  t.notMatch(JSON.stringify((refused as ControlError).problem), new RegExp(`hunter2|${apiKey}`))
})

t.test('a filter by time holds for the misses too', async t => {
  const { control, create } = await testBench(t, { clock: '2030-01-01T00:00:00Z' })
  await create()
  await control.clock.advance('1h')
  await t.rejects(control.requests.wait({ since: '2030-01-01T00:30:00Z', timeout: 20 }), {
    message: '0 matched within 20 ms, 1 were expected; the journal has no request of this account'
  })
})

t.test('a reader that resumes gets a large journal whole, as fast as it reads', async t => {
  const { create, url } = await testBench(t)
  const body = { ...plainCarrier, note: 'x'.repeat(60_000) }
  for (let index = 0; index < 150; index++) await create({ body })
  const aborting = new AbortController()
  const stream = await fetch(`${url}/_topcalls/v1/events`, {
    headers: { 'last-event-id': '0' },
    signal: aborting.signal
  })
  let text = ''
  let events = 0
  for await (const chunk of stream.body ?? []) {
    await sleep(1)
    text += Buffer.from(chunk).toString()
    events += text.split('event: request').length - 1
    text = text.slice(-20).includes('event: request') ? '' : text.slice(-20)
    if (events === 150) break
  }
  t.equal(events, 150)
  aborting.abort()
})

t.test('waiting does not count what was cleared meanwhile', async t => {
  const { control, create } = await testBench(t)
  await create()
  const waiting = t.rejects(control.requests.wait({ count: 2, timeout: 400 }), { message: /^1 matched within 400 ms/ })
  await sleep(100)
  await control.requests.clear()
  await create()
  await waiting
})

t.test('a reader that pauses is not cut, and gets the rest when it goes on', async t => {
  const { create, url } = await testBench(t)
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  t.teardown(() => socket.destroy())
  socket.pause()
  socket.write('GET /_topcalls/v1/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 0\r\n\r\n')
  const body = { ...plainCarrier, note: 'x'.repeat(60_000) }
  for (let index = 0; index < 120; index++) t.equal((await create({ body })).status, 201)

  const numbers: number[] = []
  let text = ''
  for await (const chunk of socket) {
    text += chunk
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    numbers.push(...lines.filter(line => line.startsWith('id: ')).map(line => Number(line.split('-')[1])))
    if (numbers.length === 121) break
  }
  t.same(
    numbers,
    Array.from({ length: 121 }, (_, index) => index)
  )
})
