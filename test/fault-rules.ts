import t from 'tap'
import type { FaultRequest } from '../src/index.ts'
import { testBench } from './fixtures/bench.ts'
import { carriersUrl, hour, plainCarrier } from './fixtures/emulator.ts'

t.test('how often: times, skip, every, probability with a seed, ttl; the rule tells what is left', async t => {
  const { control, create } = await testBench(t)
  const statuses = async (count: number) => {
    const seen: number[] = []
    for (let request = 0; request < count; request++) seen.push((await create()).status)
    return seen.map(status => (status === 503 ? 'x' : '.')).join('')
  }

  const counted = await control.faults.arm({ kind: 'status', times: 2, skip: 1, every: 2 })
  t.match(counted, { matched: 0, fired: 0, remaining: 2 })
  t.equal(await statuses(8), '..x.x...')
  t.match(await control.faults.get(counted.id), { fired: 2, remaining: 0 })
  await control.faults.disarm()

  const patterns = []
  for (let run = 0; run < 2; run++) {
    await control.faults.arm({ kind: 'status', probability: 0.5, seed: 7 })
    patterns.push(await statuses(20))
    await control.faults.disarm()
  }
  t.match(patterns[0], /x/)
  t.match(patterns[0], /\./)
  t.equal(patterns[0], patterns[1])

  const short = await control.faults.arm({ kind: 'status', ttl: '1h' })
  t.equal(await statuses(1), 'x')
  await control.clock.advance(hour)
  t.equal(await statuses(1), '.')
  await control.faults.disarm(short.id)
  t.same(await control.faults.list(), [])
})

t.test('a rule is for the requests that it matches: method, path, headers, members of the body', async t => {
  const { control, create } = await testBench(t)
  const body = { ...plainCarrier, carrier_name: 'Bad luck' }
  const cases: [FaultRequest['match'], boolean][] = [
    [{ method: 'POST', path: carriersUrl }, true],
    [{ method: 'post', path: '/v1/*/carriers' }, true],
    [{ method: 'GET' }, false],
    [{ path: '/v1' }, false],
    [{ path: '/v1*numbers' }, false],
    [{ headers: { 'X-Client': 'a' } }, true],
    [{ headers: { 'x-client': 'b' } }, false],
    [{ headers: { 'idempotency-key': null } }, true],
    [{ headers: { 'x-client': null } }, false],
    [{ body: { carrier_name: 'Bad luck' } }, true],
    [{ body: { sip_gateway: { ipv4: plainCarrier.sip_gateway.ipv4 } } }, true],
    [{ body: { sip_gateway: {} } }, true],
    [{ body: { sip_gateway: { port: 5060 } } }, false],
    [{ body }, true]
  ]
  for (const [match = {}, fires] of cases) {
    const { id } = await control.faults.arm({ kind: 'status', match })
    const { status } = await create({ body, headers: { 'x-client': 'a' } })
    t.equal(status, fires ? 503 : 201, JSON.stringify(match))
    await control.faults.disarm(id)
  }
})

t.test('the first rule that fires is applied; a delay before and a loss after may meet one request', async t => {
  const { control, create } = await testBench(t)
  await control.faults.arm({ kind: 'delay', delay: 30, times: 1 })
  const lost = await control.faults.arm({ phase: 'after', kind: 'status', status: 500, times: 1 })
  const unheard = await control.faults.arm({ phase: 'after', kind: 'status', status: 502 })
  t.match(await create(), { status: 500 })
  t.match(await control.faults.get(lost.id), { fired: 1 })
  t.match(await control.faults.get(unheard.id), { matched: 0 })
  const [entry] = (await control.requests.list()).data
  t.ok(entry && entry.duration_ms >= 25, 'the delay is in the duration')
})

t.test('what makes no sense is refused with every reason', async t => {
  const { app } = await testBench(t)
  const cases: [object, Record<string, RegExp>][] = [
    [{}, { kind: /is required/ }],
    [{ kind: 'explode' }, { kind: /must be one of "status"/ }],
    [{ kind: 'delay' }, { delay: /is required/ }],
    [{ kind: 'delay', delay: '11m' }, { delay: /10 minutes/ }],
    [
      { kind: 'reset', status: 500, delay: 1 },
      { status: /kind "status"/, delay: /kind "delay"/ }
    ],
    [{ kind: 'status', status: 99 }, { status: />= 200/ }],
    [{ kind: 'status', headers: { 'Content-Length': '5' } }, { 'headers.Content-Length': /for the server/ }],
    [{ kind: 'status', headers: { 'x-a': 'b\r\nx-c: d' } }, { 'headers.x-a': /a header as HTTP/ }],
    [
      { kind: 'status', headers: { 'bad name': 'x', '': 'y' } },
      { 'headers.bad name': /HTTP/, 'headers.': /HTTP/ }
    ],
    [{ kind: 'status', headers: { a: 5 } }, { 'headers.a': /string/ }],
    [
      { kind: 'reset', times: 0, probability: 2, every: 0 },
      { times: />= 1/, probability: /<= 1/, every: />= 1/ }
    ],
    [{ kind: 'reset', match: { url: '/' } }, { 'match.url': /not a member/ }],
    [
      { kind: 'reset', match: { headers: { Authorization: 'x' }, body: { a: { password: 'y' }, b: 'tc_live_z' } } },
      {
        'match.headers.Authorization': /redacted before it is compared/,
        'match.body.a.password': /redacted/,
        'match.body.b': /redacted/
      }
    ],
    [{ kind: 'reset', account: 'nobody' }, { account: /one of its keys/ }]
  ]
  for (const [payload, expected] of cases) {
    const answer = await app.inject({ method: 'POST', url: '/_topcalls/v1/faults', payload })
    t.equal(answer.statusCode, 400, JSON.stringify(payload))
    const errors: { path: string; message: string }[] = answer.json().errors
    t.match(Object.fromEntries(errors.map(({ path, message }) => [path, message])), expected)
    t.equal(errors.length, Object.keys(expected).length, JSON.stringify(errors))
  }
  t.equal((await app.inject('/_topcalls/v1/faults/none')).statusCode, 404)
  t.equal((await app.inject({ method: 'DELETE', url: '/_topcalls/v1/faults/none' })).statusCode, 404)
})

t.test('the longest ttl ends with the year 9999', async t => {
  const { control } = await testBench(t)
  const fault = await control.faults.arm({ kind: 'status', ttl: '999999999999d' })
  t.equal(fault.expires_at, '9999-12-31T23:59:59.999Z')
  t.equal((await control.keys.mint({ ttl: Number.MAX_SAFE_INTEGER })).expires_at, '9999-12-31T23:59:59.999Z')
})

t.test('rules that have fired out make room, and one account has no room of another', async t => {
  const { control, create, tenant } = await testBench(t)
  const other = tenant('tc_live_other')
  for (let index = 0; index < 1_010; index++) {
    await other.control.faults.arm({ kind: 'status', times: 1 })
    if (index < 20) await other.create()
  }
  t.equal((await other.control.faults.list()).length, 990)
  for (let index = 0; index < 10; index++) await other.control.faults.arm({ kind: 'status', times: 1 })
  await t.rejects(other.control.faults.arm({ kind: 'status' }), { status: 400, message: /No more than 1000 rules/ })
  await control.faults.arm({ kind: 'status', times: 1 })
  t.match(await create(), { status: 503 })
})

t.test('JSON that is too deep is refused before it can harm anybody', async t => {
  const { url, control } = await testBench(t)
  const deep = `${'['.repeat(8_000)}${']'.repeat(8_000)}`
  for (const [method, path, body] of [
    ['POST', 'faults', `{"kind":"status","match":{"body":${deep}}}`],
    ['POST', 'faults', `{"kind":"status","problem":{"a":${deep}}}`],
    ['POST', 'requests/verify', `{"match":{"body":${deep}}}`],
    ['PUT', 'state', deep]
  ] as const) {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${url}/_topcalls/v1/${path}`, { method, headers, body })
    t.match(await answer.json(), { status: 400, detail: /nested more than 100 levels/ })
  }
  t.same(await control.faults.list(), [])
})

t.test('names that every object has are names like others', async t => {
  const { control, create } = await testBench(t)
  const names = ['constructor', 'toString', '__proto__x', 'hasOwnProperty']
  await control.faults.arm({
    kind: 'status',
    match: { headers: Object.fromEntries(names.map(name => [name, null])) },
    times: 1
  })
  t.match(await create(), { status: 503 })
  for (const name of names) {
    await t.rejects(control.requests.verify({ match: { headers: { [name]: 'x' }, body: { [name]: 1 } } }), {
      status: 422,
      message: /nothing instead of/
    })
  }
})

t.test('the dice of a rule for all fall for each account as if it were alone', async t => {
  const patterns = []
  for (const noise of [false, true]) {
    const { control, create, tenant } = await testBench(t, { seed: 9 })
    await control.faults.arm({ kind: 'status', probability: 0.5 })
    const statuses = []
    for (let index = 0; index < 15; index++) {
      if (noise) await tenant('tc_live_noise').create()
      statuses.push((await create()).status)
    }
    patterns.push(statuses.join())
  }
  t.equal(patterns[0], patterns[1])
})
