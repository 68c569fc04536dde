import t from 'tap'
import { Problem } from '../src/problem.ts'
import { carriersUrl, emulator, faultsOf, plainCarrier } from './fixtures/emulator.ts'
import { authorization, isProblem, json, listening, rawRequest, sendRaw, sendText } from './fixtures/socket.ts'

const body = JSON.stringify(plainCarrier)

t.test('an unknown route answers 404, whoever asks and whatever is sent', async t => {
  const { app, createRaw } = await emulator(t)
  for (const url of ['/', '/v1', '/v1/', '/v1/carriers', `${carriersUrl}/`, '/_topcallsx', '/_topcalls/nothing']) {
    const answer = await app.inject({
      method: 'POST',
      url,
      payload: '{',
      headers: { 'content-type': 'application/json' }
    })
    t.match(answer, { statusCode: 404, headers: { 'content-type': 'application/problem+json' } }, url)
  }
  t.match(await createRaw('{'), { statusCode: 400 })
})

t.test('a known route with another method answers 405 with Allow, before the key is looked at', async t => {
  const { app } = await emulator(t)
  for (const method of ['PUT', 'PATCH', 'OPTIONS', 'TRACE'] as const) {
    const answer = await app.inject({ method: method as 'PUT', url: `${carriersUrl}?x=1` })
    t.match(answer, { statusCode: 405, headers: { allow: /POST/ } }, method)
  }
  const escaped = await app.inject({ method: 'PUT', url: carriersUrl.replace('c', '%63') })
  t.match(escaped, { statusCode: 405, headers: { allow: /POST/ } }, 'an escape in the path')
  t.match(await app.inject({ method: 'POST', url: '/_topcalls/livez' }), { statusCode: 405, headers: { allow: /GET/ } })
})

t.test('the order of checks: route, key, scope, Idempotency-Key, coding and type, size, JSON, schema', async t => {
  const { send } = await emulator(t, {
    keys: [
      { key: 'tc_live_reader', account_id: '2c5ea4c0-4067-4fe9-8bad-9b1deb4d3b7d', scopes: [] },
      { key: 'tc_live_test', account_id: '2c5ea4c0-4067-4fe9-8bad-9b1deb4d3b7d', scopes: ['phone_numbers:write'] }
    ]
  })
  // A request in which everything is wrong; each step mends one thing and meets the next refusal.
  const request = { method: 'POST' as const, url: '/v1/nowhere', payload: '{'.repeat(70_000) }
  const sent = { token: 'unknown', key: 'short', headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' } }
  const steps: [object, object, number][] = [
    [{}, {}, 404],
    [{ url: carriersUrl }, {}, 401],
    [{}, { token: 'tc_live_reader' }, 403],
    [{}, { token: 'tc_live_test' }, 400],
    [{}, { key: 'long-enough' }, 415],
    [{}, { headers: { 'content-type': 'text/plain' } }, 415],
    [{}, { headers: { 'content-type': 'application/json' } }, 413],
    [{ payload: '{' }, {}, 400],
    [{ payload: '{}' }, {}, 400],
    [{ payload: body }, {}, 201]
  ]
  for (const [requestChange, sentChange, status] of steps) {
    Object.assign(request, requestChange)
    Object.assign(sent, sentChange)
    t.equal((await send(request, sent)).statusCode, status)
  }
})

t.test('R3: a body that is no JSON is refused without being quoted', async t => {
  const { createRaw } = await emulator(t)
  for (const wrong of ['', ' ', '{', '{"a":1,}', "{'a':1}", '{"secret":"pass', 'NaN', '{}{}', '\u00a0{}']) {
    const answer = await createRaw(wrong)
    t.match(answer, { statusCode: 400 }, wrong)
    t.match(answer.json(), { title: 'Invalid request body', errors: [{ path: '' }] })
    t.notMatch(answer.body, 'pass')
  }
  t.notMatch((await createRaw('{"at position 5": x}')).json().detail, 'position')
  t.notMatch((await createRaw('{"forbidden": x}')).json().detail, 'proto')
  t.match((await createRaw('{"a" 5}')).json().detail, /at position 5/)
})

t.test('R3: JSON in detail', async t => {
  const { createRaw } = await emulator(t)
  const status = async (text: string | Buffer) => (await createRaw(text)).statusCode
  const within = (member: string) => `{"carrier_name":"x","sip_gateway":{"ipv4":"1.2.3.4"},"more":${member}}`

  t.equal(await status(within('{"__proto__":{"x":1}}')), 400, '__proto__')
  t.equal(await status(within('{"constructor":{"prototype":{}}}')), 400, 'constructor.prototype')
  t.equal(await status(within(`${'['.repeat(99)}${']'.repeat(99)}`)), 201, '100 levels')
  t.equal(await status(within(`${'['.repeat(100)}${']'.repeat(100)}`)), 400, '101 levels')
  t.equal(await status('['.repeat(60_000)), 400, 'an abyss')
  t.equal(await status(within(JSON.stringify('{[\\"'.repeat(200)))), 201, 'brackets in a string are no levels')
  t.equal(
    await status(`{"carrier_name":"x","carrier_name":"y","sip_gateway":{"ipv4":"1.2.3.4"}}`),
    201,
    'duplicate member'
  )
  t.equal(
    (await createRaw(`{"carrier_name":1,"carrier_name":"y","sip_gateway":{"ipv4":"1.2.3.4"}}`)).json().carrier_name,
    'y'
  )
  t.equal(await status(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(body)])), 201, 'byte order mark')
  t.equal(await status(Buffer.from(body.replace('My', 'M\xff'), 'latin1')), 400, 'no UTF-8')
  t.equal(await status(within('"\\ud800"')), 201, 'half a surrogate pair in what is ignored')
  t.equal(await status(within('1e999')), 201)
})

t.test('a body of more than 64 KiB answers 413, one of exactly 64 KiB does not', async t => {
  const { createRaw } = await emulator(t)
  const padded = (length: number) => body.padEnd(length, ' ')
  t.match(await createRaw(padded(65_536)), { statusCode: 201 })
  t.match(await createRaw(padded(65_537)), { statusCode: 413, headers: { 'content-type': 'application/problem+json' } })
})

t.test('a compressed body answers 415 with Accept-Encoding: identity', async t => {
  const { createRaw } = await emulator(t)
  for (const coding of ['gzip', 'br', 'deflate', 'identity, gzip']) {
    const answer = await createRaw(body, { headers: { 'content-encoding': coding } })
    t.match(answer, { statusCode: 415, headers: { 'accept-encoding': 'identity' } }, coding)
  }
  t.match(await createRaw(body, { headers: { 'content-encoding': 'identity' } }), { statusCode: 201 })
})

t.test('a request without body or content type is told to send one', async t => {
  const { send, createRaw } = await emulator(t)
  const answer = await send({ method: 'POST', url: carriersUrl })
  t.match(answer, { statusCode: 400 })
  t.same(faultsOf(answer), { '': 'required' })
  t.match(await createRaw(body, { headers: { 'content-type': '' } }), { statusCode: 415 })
})

t.test('R1: two Authorization lines answer 401, even with equal values', async t => {
  const { url } = await listening(t)
  for (const second of [authorization, authorization.replace('Authorization', 'aUTHORIZATION')]) {
    const [answer] = await sendRaw(url, rawRequest([authorization, second, json], body))
    isProblem(t, answer, 401, 'unauthorized')
  }
})

t.test('Idempotency-Key sent twice answers 400, even with equal values; its name knows no case', async t => {
  const { url } = await listening(t)
  const twice = ['Idempotency-Key: same-key-1', 'Idempotency-Key: same-key-1']
  const [refused] = await sendRaw(url, rawRequest([authorization, json, ...twice], body))
  isProblem(t, refused, 400, 'invalid_request')
  const [empty] = await sendRaw(url, rawRequest([authorization, json, 'Idempotency-Key:'], body))
  isProblem(t, empty, 400, 'invalid_request')

  const [first] = await sendRaw(url, rawRequest([authorization, json, 'IDEMPOTENCY-KEY:   same-key-1  '], body))
  const [again] = await sendRaw(url, rawRequest([authorization, json, 'idempotency-key: same-key-1'], body))
  t.equal(first?.status, 201)
  t.equal(again?.body, first?.body)
  t.equal(again?.headers['idempotent-replayed'], 'true')
})

t.test('what is no HTTP is answered with a problem document', async t => {
  const { url } = await listening(t)
  isProblem(t, (await sendRaw(url, 'NONSENSE\r\n\r\n'))[0], 400, 'invalid_request')
  isProblem(t, (await sendRaw(url, 'GET / HTTP/1.1\r\nbad header\r\n\r\n'))[0], 400, 'invalid_request')
  isProblem(t, (await sendRaw(url, `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`))[0], 431, 'headers_too_large')
  isProblem(
    t,
    (await sendRaw(url, 'GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'))[0],
    400,
    'invalid_request'
  )
  const chunked = rawRequest([], '').toString().replace('Content-Length: 0', 'Transfer-Encoding: chunked')
  isProblem(
    t,
    (await sendRaw(url, chunked.replace('\r\n\r\n', `\r\n${authorization}\r\n${json}\r\n\r\nzz\r\n`)))[0],
    400,
    'invalid_request'
  )
})

t.test('of a request target neither a query string nor a user nor a password is repeated', async t => {
  const { url } = await listening(t)
  for (const target of ['/x%zz?p=hunter2', 'http://u:hunter2@h/zz', '/zz?p=hunter2', 'HTTP://u:hunter2@h']) {
    const [answer] = await sendRaw(url, rawRequest([], '', `GET ${target} HTTP/1.1`))
    t.ok(answer && answer.status >= 400, target)
    t.notMatch(answer?.body, 'hunter2')
  }
})

t.test('what Node would answer without a body is answered with a problem document, or simply taken', async t => {
  const { url } = await listening(t)
  const hostless = rawRequest([authorization, json], body).toString().replace('Host: localhost\r\n', '')
  isProblem(t, (await sendRaw(url, hostless))[0], 400, 'invalid_request')
  t.match(await sendRaw(url, hostless.replace('HTTP/1.1', 'HTTP/1.0')), [{ status: 201 }], 'HTTP/1.0 has no Host')
  isProblem(t, (await sendRaw(url, rawRequest([authorization, json, 'hOST: x'], body)))[0], 400, 'invalid_request')
  t.match(await sendRaw(url, rawRequest([authorization, json, 'Expect: something'], body)), [{ status: 201 }])
  isProblem(t, (await sendRaw(url, 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n'))[0], 405, 'method_not_allowed')
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket']
  t.match(await sendRaw(url, rawRequest([authorization, json, ...upgrade], body)), [{ status: 201 }])
})

t.test('HEAD has the head of the answer to GET and no body, also where it is refused', async t => {
  const { url } = await listening(t)
  const request = (method: string, target: string, more = '') =>
    `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`
  const targets: [string, number][] = [
    ['/_topcalls/livez', 200],
    ['/_topcalls/v1/clock', 200],
    ['/nowhere', 404],
    [carriersUrl, 401],
    [`${carriersUrl}/x`, 405]
  ]
  for (const [target, status] of targets) {
    // The GET behind it is understood only where no body stands before it.
    const text = await sendText(url, request('HEAD', target) + request('GET', target, 'Connection: close\r\n'))
    const [first = '', second = '', ...bodies] = text.split('\r\n\r\n')
    const statusAndType = (head: string) => [head.slice(9, 12), /^content-type: .*$/m.exec(head)?.[0]]
    t.equal(first.slice(9, 12), String(status), target)
    t.same(statusAndType(first), statusAndType(second))
    t.match(first, /^content-length: [1-9]/m)
    t.equal(bodies.length, 1)
  }
})

t.test('OPTIONS is a method like any other: 405 on a route, 404 for *', async t => {
  const { url } = await listening(t)
  const answerTo = async (line: string) => (await sendRaw(url, rawRequest([], '', line)))[0]
  isProblem(t, await answerTo(`OPTIONS ${carriersUrl} HTTP/1.1`), 405, 'method_not_allowed')
  isProblem(t, await answerTo('OPTIONS * HTTP/1.1'), 404, 'not_found')
})

t.test('the absolute form of a target leads to the same route, whatever host it names', async t => {
  const { url } = await listening(t)
  for (const origin of ['http://localhost', 'HTTP://api.topcalls.ai:99', 'https://u:p@elsewhere.example']) {
    const request = rawRequest([authorization, json], body, `POST ${origin}${carriersUrl}?x=1 HTTP/1.1`)
    t.match(await sendRaw(url, request), [{ status: 201 }], origin)
  }
})

t.test('HTTP/1.0 ends with the answer, unless the client asks to keep the connection', async t => {
  const { url } = await listening(t)
  const request = (more: string) => `GET /_topcalls/livez HTTP/1.0\r\n${more}\r\n`
  t.match(await sendRaw(url, request('')), [{ status: 200, headers: { connection: 'close' } }])
  const answers = await sendRaw(url, `${request('Connection: keep-alive\r\n')}${request('')}`)
  t.match(answers, [{ headers: { connection: 'keep-alive' } }, { headers: { connection: 'close' } }])
  const create = rawRequest([authorization, json], body, `POST ${carriersUrl} HTTP/1.0`)
  t.match(await sendRaw(url, create), [{ status: 201 }])
})

t.test('a problem can be told where `Error` is frozen', t => {
  const { stackTraceLimit } = Error
  t.teardown(() => Object.defineProperty(Error, 'stackTraceLimit', { value: stackTraceLimit, writable: true }))
  Object.defineProperty(Error, 'stackTraceLimit', { writable: false })
  t.match(new Problem('not_found', 'Nothing here'), { kind: 'not_found', message: 'Nothing here' })
  t.equal(Error.stackTraceLimit, stackTraceLimit)
  t.end()
})
