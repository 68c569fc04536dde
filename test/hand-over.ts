import { once } from 'node:events'
import { connect } from 'node:net'
import Fastify from 'fastify'
import { pino } from 'pino'
import t from 'tap'
import { handOver } from '../src/hand-over.ts'
import { startFakeTopCalls } from '../src/index.ts'

const infoUrl = '/_topcalls/v1/info'

t.test('the first control calls may come at once, and each has one id and one line in the log', async t => {
  const lines: { requestId: string; path: string; status: number }[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  await using fake = await startFakeTopCalls({ logger })
  const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${fake.url}${infoUrl}`)))
  t.ok(answers.every(({ status }) => status === 200))
  const ids = answers.map(({ headers }) => headers.get('x-request-id'))
  t.equal(new Set(ids).size, 20)
  await Promise.all(answers.map(answer => answer.text()))
  const told = lines.filter(({ path }) => path === infoUrl)
  t.same(told.map(({ requestId }) => requestId).sort(), ids.sort())
  t.ok(told.every(({ status }) => status === 200))
})

t.test('with a seed a control call has the id that its place gives it', async t => {
  const idsOf = async (paths: string[]) => {
    await using fake = await startFakeTopCalls({ seed: 7 })
    const ids: (string | null)[] = []
    for (const path of paths) ids.push((await fetch(`${fake.url}${path}`)).headers.get('x-request-id'))
    return ids
  }
  t.same(await idsOf([infoUrl, '/_topcalls/health', infoUrl]), await idsOf(['/nothing', infoUrl, '/nothing']))
})

t.test('a first control call that waits to be told to go on, is', async t => {
  await using fake = await startFakeTopCalls()
  const { hostname, port } = new URL(fake.url)
  const socket = connect(Number(port), hostname).setEncoding('utf8')
  t.teardown(() => socket.destroy())
  const body = JSON.stringify({ freeze: true })
  socket.write(
    `POST /_topcalls/v1/clock HTTP/1.1\r\nhost: ${hostname}\r\nconnection: close\r\nexpect: 100-continue\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
  )
  let text = ''
  socket.on('data', piece => {
    if (text === '') socket.write(body)
    text += piece
  })
  await once(socket, 'close')
  t.match(text, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/)
  t.match(text, /"frozen":true/)
})

t.test('a control call is not judged by what comes behind it on its connection', async t => {
  await using fake = await startFakeTopCalls()
  const { hostname, port } = new URL(fake.url)
  const head = `HTTP/1.1\r\nhost: ${hostname}\r\n`
  const ending = `GET /v1/phone-numbers ${head}connection: upgrade\r\nupgrade: websocket\r\n\r\n`
  // The first one waits for the server inside, and the second does not.
  for (const call of ['first', 'second']) {
    const socket = connect(Number(port), hostname).setEncoding('utf8')
    t.teardown(() => socket.destroy())
    let text = ''
    socket.on('data', piece => {
      text += piece
    })
    socket.write(`GET ${infoUrl} ${head}\r\n${ending}`)
    await once(socket, 'close')
    t.same(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 401'], call)
  }
})

t.test('what comes behind a control call on its connection is executed behind it', async t => {
  await using fake = await startFakeTopCalls()
  await fake.control.info()
  const { hostname, port } = new URL(fake.url)
  const socket = connect(Number(port), hostname).setEncoding('utf8')
  t.teardown(() => socket.destroy())
  const head = `HTTP/1.1\r\nhost: ${hostname}\r\n`
  socket.write(`DELETE /_topcalls/v1/requests ${head}\r\nGET /v1/phone-numbers ${head}connection: close\r\n\r\n`)
  socket.resume()
  await once(socket, 'close')
  t.equal((await fake.control.info()).counts.requests, 1)
})

t.test('a server may be closed while the one inside is being made', async t => {
  const closed: string[] = []
  const begun = Promise.withResolvers<void>()
  const outside = Fastify()
  handOver(outside, '/inside', async () => {
    begun.resolve()
    const inside = Fastify()
    inside.get('/inside', async () => 'here')
    inside.addHook('onClose', async () => void closed.push('inside'))
    return inside
  })
  const answer = outside.inject('/inside')
  await begun.promise
  await outside.close()
  t.same(closed, ['inside'])
  t.match(await answer, { statusCode: 200, body: 'here' })
})

t.test('where the one inside cannot be made, the one outside says so, and can be closed', async t => {
  const outside = Fastify()
  handOver(outside, '/inside', async () => {
    throw new Error('there is no inside')
  })
  outside.get('/', async () => 'here')
  t.match(await outside.inject('/inside/x'), { statusCode: 500, body: /there is no inside/ })
  t.match(await outside.inject('/'), { statusCode: 200 })
  await outside.close()
})
