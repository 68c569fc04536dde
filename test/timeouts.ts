import type { Test } from 'tap'
import t from 'tap'
import { buildApp } from '../src/app.ts'
import { isProblem, json, rawRequest, sendRaw } from './fixtures/socket.ts'

/** A server that waits for its clients as long as it is told here, in milliseconds. */
async function impatient(t: Test, limits: Record<string, number>): Promise<string> {
  const app = await buildApp()
  t.teardown(() => app.close())
  // How often Node looks at its connections is read when it begins to listen.
  Object.assign(app.server, { connectionsCheckingInterval: 10, ...limits })
  return await app.listen({ host: '127.0.0.1', port: 0 })
}

const head = 'POST /v1/phone-numbers/carriers HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer tc_live_test\r\n'

t.test('a connection without a whole head in time is answered 408 and closed', async t => {
  const url = await impatient(t, { headersTimeout: 50 })
  for (const sent of ['', '\r\n', 'GET', head]) {
    const answers = await sendRaw(url, sent)
    t.equal(answers.length, 1, JSON.stringify(sent))
    isProblem(t, answers[0], 408, 'request_timeout')
    t.equal(answers[0]?.headers.connection, 'close')
  }
})

t.test('a request whose body does not arrive in time is answered 408 and closed', async t => {
  // Node takes the greater of the two for the whole request.
  const url = await impatient(t, { headersTimeout: 50, requestTimeout: 50 })
  for (const sent of ['Content-Length: 9\r\n\r\n{', 'Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n']) {
    const answers = await sendRaw(url, `${head}${json}\r\n${sent}`)
    t.equal(answers.length, 1, sent)
    isProblem(t, answers[0], 408, 'request_timeout')
  }
})

t.test('a connection that is kept open without a further request is closed, and nothing is said', async t => {
  const url = await impatient(t, { keepAliveTimeout: 50, keepAliveTimeoutBuffer: 0 })
  const request = rawRequest([], '', 'GET /_topcalls/livez HTTP/1.1').toString().replace('Connection: close\r\n', '')
  t.match(await sendRaw(url, request), [{ status: 200, headers: { connection: 'keep-alive' } }])
})
