import { execFile } from 'node:child_process'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import type { FaultRequest } from '../src/index.ts'
import { testBench } from './fixtures/bench.ts'
import { peek } from './fixtures/database.ts'
import { carriersUrl, plainCarrier } from './fixtures/emulator.ts'
import { rawRequest, sendRaw } from './fixtures/socket.ts'

const key = 'the-same-key-1'

/** A bench on a file, so that a second connection counts what is stored. */
async function counted(t: Test) {
  const database = `${t.testdir()}/fake.db`
  const bench = await testBench(t, { database })
  return { ...bench, stored: peek(t, database) }
}

/** What a client sees of a request. */
async function outcomeOf(answer: Promise<Response>): Promise<string | number> {
  try {
    const response = await answer
    const text = await response.text()
    try {
      JSON.parse(text)
    } catch {
      return `${response.status} malformed`
    }
    return response.status
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } }
    return cause?.code ?? message
  }
}

t.test('commit, then lose the answer: the retry gets it, and there is one carrier', async t => {
  const { control, create, stored } = await counted(t)
  await control.faults.arm({ phase: 'after', kind: 'reset', times: 1 })

  t.equal(await outcomeOf(create({ key })), 'ECONNRESET')
  t.equal(stored.carriers(), 1, 'it was committed')
  const retry = await create({ key })

  t.match(retry, { status: 201 })
  t.equal(retry.headers.get('idempotent-replayed'), 'true')
  t.equal(stored.carriers(), 1)
  const { data } = await control.requests.list()
  t.match(data, [
    { outcome: 'replayed', status: 201, committed: false, fault: null },
    { outcome: 'faulted', status: null, committed: true, fault: { kind: 'reset', phase: 'after' } }
  ])
  t.same(data[0]?.answer.body, data[1]?.answer.body)
})

const kinds: [FaultRequest, before: string | number, after: string | number][] = [
  [{ kind: 'status' }, 503, 503],
  [{ kind: 'status', status: 500 }, 500, 500],
  [{ kind: 'delay', delay: 20 }, 201, 201],
  [{ kind: 'reset' }, 'ECONNRESET', 'ECONNRESET'],
  [{ kind: 'truncate' }, 'UND_ERR_SOCKET', 'UND_ERR_SOCKET'],
  [{ kind: 'malformed' }, '503 malformed', '201 malformed'],
  [{ kind: 'slow', bytes_per_second: 10_000 }, 503, 201]
]

for (const [fault, before, after] of kinds) {
  t.test(`${JSON.stringify(fault)} before: nothing is stored; after: it is, and the retry replays`, async t => {
    const { control, create, stored } = await counted(t)
    await control.faults.arm({ ...fault, times: 1 })
    t.equal(await outcomeOf(create({ key })), before)
    const committed = before === 201 ? 1 : 0
    t.equal(stored.carriers(), committed)
    t.equal(stored.records(), committed)

    await control.faults.arm({ ...fault, phase: 'after', times: 1 })
    t.equal(await outcomeOf(create({ key: 'another-key-1' })), after)
    t.equal(stored.carriers(), committed + 1)
    const retry = await create({ key: 'another-key-1' })
    t.equal(retry.headers.get('idempotent-replayed'), 'true')
    t.equal(stored.carriers(), committed + 1)
  })
}

for (const phase of ['before', 'after'] as const) {
  t.test(`a hung answer never comes, ${phase} the commit, and ends with the client or the server`, async t => {
    const { control, create, stored, close } = await counted(t)
    await control.faults.arm({ phase, kind: 'hang' })
    const hung = create({ key })
    const [entry] = await control.requests.wait({ outcome: 'faulted' })
    t.match(entry, { status: null, committed: phase === 'after', fault: { kind: 'hang', phase } })
    t.equal(stored.carriers(), phase === 'after' ? 1 : 0)
    const started = performance.now()
    await Promise.all([close(), t.rejects(hung)])
    t.ok(performance.now() - started < 700, 'before the 800 ms after which every connection is cut')
  })
}

t.test('a status comes with the headers and the members that the rule names', async t => {
  const { control, create } = await testBench(t)
  await control.faults.arm({
    kind: 'status',
    status: 402,
    problem: { detail: 'No money left', balance: 0 },
    headers: { 'X-Trace': 'abc' },
    times: 1
  })
  const quota = await create()
  t.match(quota, { status: 402 })
  t.equal(quota.headers.get('x-trace'), 'abc')
  t.equal(quota.headers.get('content-type'), 'application/problem+json')
  t.match(await quota.json(), {
    type: 'https://api.topcalls.ai/errors/insufficient_quota',
    title: 'Insufficient quota',
    status: 402,
    detail: 'No money left',
    balance: 0,
    instance: quota.headers.get('x-request-id')
  })

  for (const [status, retryAfter] of [
    [429, '1'],
    [502, null],
    [418, null]
  ] as const) {
    await control.faults.arm({ kind: 'status', status, times: 1 })
    const answer = await create()
    t.match(answer, { status })
    t.equal(answer.headers.get('retry-after'), retryAfter)
    t.match(await answer.json(), { status, title: String })
  }
})

t.test('a refused request meets no fault behind the commit, and a replay does', async t => {
  const { control, create } = await testBench(t)
  await control.faults.arm({ phase: 'after', kind: 'status', times: 2 })
  t.match(await create({ body: {} }), { status: 400 })
  t.match(await create({ key }), { status: 503 })
  t.match(await create({ key }), { status: 503 }, 'the answer is lost twice')
  const third = await create({ key })
  t.match(third, { status: 201 })
  t.equal(third.headers.get('idempotent-replayed'), 'true')
  t.equal((await control.carriers.list()).total, 1)
})

t.test('curl sees a reset, a truncated body, a broken one and a slow one', async t => {
  const { control, url, apiKey } = await testBench(t)
  const curl = (...options: string[]) =>
    promisify(execFile)('curl', [
      ...['-sS', '--max-time', '5', '-H', `Authorization: Bearer ${apiKey}`, '-H', 'Content-Type: application/json'],
      ...['-d', JSON.stringify(plainCarrier), ...options, `${url}${carriersUrl}`]
    ]).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }) => ({ code, stdout })
    )
  const arm = (kind: FaultRequest['kind'], more = {}) => control.faults.arm({ phase: 'after', kind, times: 1, ...more })

  await arm('reset')
  t.match(await curl(), { code: 56, stdout: '' })
  await arm('truncate')
  const truncated = await curl('-w', '%{http_code}')
  t.equal(truncated.code, 18)
  t.match(truncated.stdout, /^\{"id":"[^}]*201$/)
  await arm('malformed')
  t.match(await curl(), { code: 0, stdout: /Z",?,$/ })
  await arm('slow', { bytes_per_second: 1_000 })
  const started = performance.now()
  t.match(await curl(), { code: 0, stdout: /"\}$/ })
  t.ok(performance.now() - started > 250)
  await arm('hang')
  t.match(await curl('--max-time', '0.3'), { code: 28 })
  t.equal((await control.carriers.list()).total, 5, 'each was committed')
})

t.test('where an answer has no body, its head is all that arrives of a truncated one', async t => {
  const { control, url, apiKey, create } = await testBench(t)
  await control.faults.arm({ phase: 'after', kind: 'truncate' })
  await t.rejects(create().then(answer => answer.text()))
  const [carrier] = (await control.carriers.list()).data
  const lines = [`Authorization: Bearer ${apiKey}`]
  for (const [request, status] of [
    [`HEAD ${carriersUrl}`, 200],
    [`DELETE ${carriersUrl}/${carrier?.id}`, 204]
  ] as const) {
    const answers = await sendRaw(url, rawRequest(lines, '', `${request} HTTP/1.1`))
    t.match(answers, [{ status, body: '' }], request)
  }
  t.equal((await control.carriers.list()).total, 0)
})

t.test('faults are for the emulated API only', async t => {
  const { control, url, create } = await testBench(t)
  await control.faults.arm({ kind: 'status' })
  t.match(await create(), { status: 503 })
  t.match(await fetch(`${url}/_topcalls/readyz`), { status: 200 })
  t.match(await control.info(), { counts: { faults: 1 } })
})

t.test('a fault that fires while the server closes does not keep it', async t => {
  const { close, control, create } = await testBench(t)
  await control.faults.arm({ kind: 'delay', delay: '1m', times: 1 })
  await control.faults.arm({ phase: 'after', kind: 'hang' })
  const hung = t.rejects(create())
  while ((await control.faults.list()).every(({ fired }) => fired === 0)) await control.info()
  const started = performance.now()
  await close()
  await hung
  t.ok(performance.now() - started < 700)
})

for (const phase of ['before', 'after'] as const) {
  t.test(`a reset ${phase} the commit reaches a pipelined request too`, async t => {
    const { control, url, apiKey } = await testBench(t)
    await control.faults.arm({ phase, kind: 'reset', skip: 1, times: 1 })
    const lines = [`Authorization: Bearer ${apiKey}`, 'Content-Type: application/json']
    const request = rawRequest(lines, JSON.stringify(plainCarrier)).toString().replace('Connection: close\r\n', '')
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.write(request + request)
    socket.resume()
    await new Promise(resolve => socket.once('close', resolve))
    t.equal((await control.requests.list({ outcome: 'faulted' })).total, 1)
  })
}
