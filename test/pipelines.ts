import { once } from 'node:events'
import { connect } from 'node:net'
import type { Test } from 'tap'
import t from 'tap'
import { buildApp } from '../src/app.ts'
import { plainCarrier } from './fixtures/emulator.ts'
import { authorization, isProblem, json, listening, rawRequest, sendRaw, sendText } from './fixtures/socket.ts'
import { answersIn } from './soak/fuzz/answers.ts'

const body = JSON.stringify(plainCarrier)

/** A create without `Connection: close`. */
const create = (lines: string[] = [authorization, json], sent = body) =>
  rawRequest(lines, sent).toString().replace('Connection: close\r\n', '')
const last = rawRequest([authorization, json], body).toString()
const headOf = (request: string) => request.slice(0, request.indexOf('\r\n\r\n') + 4)

/** Sends each piece after an answer to the one before, and returns all that came until the server closed. */
async function inTurn(url: string, ...pieces: string[]): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname).setEncoding('latin1')
  const closed = once(socket, 'close')
  let text = ''
  socket.on('error', () => {})
  socket.on('data', data => (text += data))
  for (const piece of pieces) {
    if (socket.writable) socket.write(piece)
    await Promise.race([once(socket, 'data'), closed])
  }
  await closed
  return text
}

const statusesIn = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))

t.test('what is read together with a request for an upgrade is not mixed with what follows', async t => {
  const { url } = await listening(t)
  for (const lines of [
    ['Connection: Upgrade', 'Upgrade: websocket'],
    ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAEAAEAAAAIAAAAB']
  ]) {
    const inner = 'GET /inner HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    const cut = headOf(create([authorization, json], inner))
    const text = await inTurn(url, create([authorization, json, ...lines]) + cut, inner)
    t.same(statusesIn(text), [201])
    t.match(text, /^connection: close\r$/im)
  }
})

t.test('Expect: 100-continue is answered 100 only where the body is wanted', async t => {
  const { url } = await listening(t)
  const asking = (lines: string[], sent = body) => create([...lines, 'Expect: 100-continue'], sent)
  const good = rawRequest([authorization, json, 'Expect: 100-continue'], body).toString()
  t.same(statusesIn(await inTurn(url, headOf(good), body)), [100, 201])

  t.same(statusesIn(await inTurn(url, headOf(asking([json])))), [401])
  t.same(statusesIn(await inTurn(url, headOf(asking([authorization, json], body.padEnd(70_000))))), [413])
  t.same(statusesIn(await inTurn(url, headOf(asking([authorization, json]).replace('/v1', '/v2')))), [404])
})

t.test('behind a request that ends the connection nothing is stored', async t => {
  const { url, control } = await listening(t)
  t.same(statusesIn(await sendText(url, create([json, 'Expect: 100-continue']) + create())), [401])
  t.equal((await control.info()).counts.carriers, 0)
})

t.test('an expectation in a pipeline does not tear the answers', async t => {
  const { url } = await listening(t)
  const expecting = [[json], [authorization, 'Content-Type: text/plain'], [authorization, json]]
  for (const [index, lines] of expecting.entries()) {
    const request = create([...lines, 'Expect: 100-continue', 'Connection: close'])
    const answers = answersIn(Buffer.from(await sendText(url, create() + request)))
    t.same(
      answers.map(({ status }) => status),
      [201, [401, 415, 201][index]]
    )
  }
})

t.test('a body over the limit is read to its end, and the next request is answered', async t => {
  const { url } = await listening(t)
  const large = body.padEnd(5_000_000)
  t.same(statusesIn(await sendText(url, create([authorization, json], large), last)), [413, 201])
  const chunked = create()
    .replace(/Content-Length: \d+/, 'Transfer-Encoding: chunked')
    .replace(body, `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`)
  t.same(statusesIn(await sendText(url, chunked, last)), [413, 201])
})

t.test('a body that is refused costs those behind it neither their effect nor their answer', async t => {
  const { url, control } = await listening(t)
  const refused = [create([authorization, json], '{'), create([authorization, 'Content-Type: text/plain'])]
  t.same(statusesIn(await sendText(url, `${refused.join('')}${last}`)), [400, 415, 201])
  t.equal((await control.info()).counts.carriers, 1)
})

t.test('a request is answered once, whatever comes of the rest of its body', async t => {
  const { url } = await listening(t)
  const head = headOf(create([json]).replace(/Content-Length: \d+/, 'Transfer-Encoding: chunked'))
  const text = await inTurn(url, head, 'zz\r\n')
  t.same(statusesIn(text), [401])

  const impatient = await impatientServer(t)
  const [answer, ...more] = await sendRaw(impatient, headOf(create([json])))
  isProblem(t, answer, 401, 'unauthorized')
  t.same(more, [])
})

async function impatientServer(t: Test): Promise<string> {
  const app = await buildApp()
  t.teardown(() => app.close())
  Object.assign(app.server, { connectionsCheckingInterval: 10, headersTimeout: 50, requestTimeout: 50 })
  return await app.listen({ host: '127.0.0.1', port: 0 })
}
