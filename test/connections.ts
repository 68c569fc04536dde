import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import t from 'tap'
import { startFakeTopCalls } from '../src/index.ts'
import { postCarrier } from './fixtures/bench.ts'
import { carriersUrl, emulator, plainCarrier } from './fixtures/emulator.ts'
import { authorization, isProblem, json, listening, rawRequest, sendRaw } from './fixtures/socket.ts'
import { connections } from './soak/connections.ts'

const body = JSON.stringify(plainCarrier)

t.test('an answer that is under way comes before the refusal of what follows on the connection', async t => {
  const { url } = await listening(t)
  const good = rawRequest([authorization, json], body).toString().replace('Connection: close\r\n', '')
  const answers = await sendRaw(url, `${good}NONSENSE\r\n\r\n`)
  t.same(
    answers.map(({ status }) => status),
    [201, 400]
  )
})

t.test('a CONNECT after a request comes after its answer', async t => {
  const { url } = await listening(t)
  const good = rawRequest([authorization, json], body).toString().replace('Connection: close\r\n', '')
  const answers = await sendRaw(url, `${good}CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n`)
  t.same(
    answers.map(({ status }) => status),
    [201, 405]
  )
})

t.test('a CONNECT that is reset, or never hung up, does the server no harm', async t => {
  const server = await startFakeTopCalls()
  const { hostname, port } = new URL(server.url)
  const head = 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n'
  const reset = connect(Number(port), hostname)
  const arrived = once(server.app.server, 'connect')
  reset.write(head)
  const [, theirs] = await arrived
  // Not `once`, which would listen for the error itself.
  const closed = new Promise(resolve => theirs.on('close', resolve))
  reset.resetAndDestroy()
  await closed
  t.equal((await postCarrier(server.url)).status, 201)

  const open = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
  t.teardown(() => open.destroy())
  open.write(head)
  await once(open, 'data')
  t.equal((await postCarrier(server.url)).status, 201)
  await server.close()
})

t.test('pipelined requests are answered in order', async t => {
  const { url } = await listening(t)
  const named = (name: string, close: boolean) => {
    const request = rawRequest(
      [authorization, json],
      JSON.stringify({ ...plainCarrier, carrier_name: name })
    ).toString()
    return close ? request : request.replace('Connection: close\r\n', '')
  }
  const answers = await sendRaw(url, [...'abcdefgh'].map(name => named(name, name === 'h')).join(''))
  t.equal(answers.map(answer => JSON.parse(answer.body).carrier_name).join(''), 'abcdefgh')
})

t.test('a body that arrives in pieces, in chunks or after Expect: 100-continue is taken', async t => {
  const { url } = await listening(t)
  const whole = rawRequest([authorization, json, 'Expect: 100-continue'], body)
  t.match(await sendRaw(url, whole.subarray(0, 40), whole.subarray(40, 250), whole.subarray(250)), [{ status: 201 }])
  const chunks = `5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`
  const chunked = `POST ${carriersUrl} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n${authorization}\r\n${json}\r\n\r\n${chunks}`
  t.match(await sendRaw(url, chunked), [{ status: 201 }])
})

t.test('a chunked body over the limit answers 413', async t => {
  const { url } = await listening(t)
  const head = `POST ${carriersUrl} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n${authorization}\r\n${json}\r\n\r\n`
  const [answer] = await sendRaw(url, head, `11170\r\n${' '.repeat(70_000)}\r\n0\r\n\r\n`)
  isProblem(t, answer, 413, 'payload_too_large')
})

t.test('a client that goes before its whole body arrived has stored nothing', async t => {
  const { url, app } = await listening(t)
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const arrived = once(app.server, 'request')
  socket.write(rawRequest([authorization, json, 'Idempotency-Key: half-a-body'], body).subarray(0, -5))
  const [request] = await arrived
  const closed = once(request.socket, 'close')
  socket.destroy()
  await closed
  const retry = await postCarrier(url, { key: 'half-a-body', body: plainCarrier })
  t.equal(retry.status, 201)
  t.notOk(retry.headers.get('idempotent-replayed'))
})

t.test('a client that goes after its body and before the commit has its carrier: the retry replays', async t => {
  const database = join(t.testdir(), 'fake.db')
  const { url, app } = await listening(t, { database })
  const lock = new Sqlite(database)
  t.teardown(() => lock.close())
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const arrived = once(app.server, 'request')

  lock.exec('BEGIN IMMEDIATE')
  socket.write(rawRequest([authorization, json, 'Idempotency-Key: gone-client'], body))
  const [request] = await arrived
  await once(request, 'end')
  const closed = once(request.socket, 'close')
  socket.destroy()
  await closed
  lock.exec('COMMIT')

  const retry = await postCarrier(url, { key: 'gone-client', body: plainCarrier })
  t.equal(retry.headers.get('idempotent-replayed'), 'true')
})

t.test('closing lets what is in flight finish, and waits for no silent connection', async t => {
  const database = join(t.testdir(), 'fake.db')
  const server = await startFakeTopCalls({ database })
  const lock = new Sqlite(database)
  t.teardown(() => lock.close())
  const { hostname, port } = new URL(server.url)
  const silent = connect(Number(port), hostname)
  t.teardown(() => silent.destroy())
  await once(silent, 'connect')

  lock.exec('BEGIN IMMEDIATE')
  const arrived = once(server.app.server, 'request')
  const answer = postCarrier(server.url)
  await arrived
  const closed = server.close()
  lock.exec('COMMIT')

  t.equal((await answer).status, 201)
  await closed
  await t.rejects(postCarrier(server.url))
})

t.test('readyz answers 503 when the database is not what it should be', async t => {
  const database = join(t.testdir(), 'fake.db')
  const { send } = await emulator(t, { database })
  t.match(await send({ url: '/_topcalls/readyz' }), { statusCode: 200 })
  const other = new Sqlite(database)
  t.teardown(() => other.close())
  other.pragma('user_version = 99')
  t.match(await send({ url: '/_topcalls/readyz' }), { statusCode: 503, headers: { 'retry-after': '1' } })
  t.match(await send({ url: '/_topcalls/livez' }), { statusCode: 200 })
})

t.test('silent and slow clients, many requests on a connection and a lack of files: others are served', async t => {
  const options = { idle: 200, slow: 30, rate: 100, seconds: 1, patience: 0, requests: 1_000 }
  const report = await connections.run(options, t.testdir())
  t.ok(Number(report.of_them_served) > 0, JSON.stringify(report))
})
