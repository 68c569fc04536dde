import t from 'tap'
import { type ControlOptions, connect } from '../src/index.ts'
import { testBench } from './fixtures/bench.ts'
import { sendRaw } from './fixtures/socket.ts'

const info = '/_topcalls/v1/info'

/** The status that a control call with such headers gets. */
async function statusWith(url: string, headers: Record<string, string>, method = 'GET', path = info): Promise<number> {
  const lines = Object.entries({ Host: new URL(url).host, ...headers }).map(([name, value]) => `${name}: ${value}`)
  const [answer] = await sendRaw(
    url,
    `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`
  )
  return answer?.status ?? 0
}

t.test('pages of other sites are refused, by Origin and by Sec-Fetch-Site', async t => {
  const { url } = await testBench(t)
  const { host, port } = new URL(url)
  const refused: Record<string, string>[] = [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: `http://evil.example:${port}` },
    { Origin: `http://127.0.0.1:${Number(port) + 1}` },
    { Origin: `http://${host}.evil.example` },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { Origin: `http://${host}`, 'Sec-Fetch-Site': 'cross-site' }
  ]
  for (const headers of refused) t.equal(await statusWith(url, headers), 403, JSON.stringify(headers))
  const taken: Record<string, string>[] = [
    {},
    { Origin: `http://${host}`, 'Sec-Fetch-Site': 'same-origin' },
    { 'Sec-Fetch-Site': 'none' }
  ]
  for (const headers of taken) t.equal(await statusWith(url, headers), 200, JSON.stringify(headers))
})

t.test('the Host must be loopback, an address or allowed: no site may point its name here', async t => {
  const { url } = await testBench(t, { control: { allowedHosts: ['Fake-TopCalls', 'api.topcalls.ai'] } })
  const refused = ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'evil.example.', 'localhost..']
  const broken = ['', 'a b', '127.0.0.1:x', '127.0.0.1:99999', '999.1.1.1', 'localhost,evil.example', '[::1%25lo]']
  const hidden = [
    '127.0.0.1@evil.example',
    'evil.example/127.0.0.1',
    'evil.example#127.0.0.1',
    'evil.example?@127.0.0.1'
  ]
  for (const Host of [...refused, ...broken, ...hidden]) t.equal(await statusWith(url, { Host }), 403, Host)

  const taken = ['localhost', 'localhost:8672', 'LOCALHOST', 'localhost.', 'x.localhost', '127.0.0.1', '192.168.1.7:80']
  const odd = ['127.0.0.1.', '127.1', '0x7f.1', '2130706433', '[::1]:8672', '[::ffff:127.0.0.1]', '[fe80::1]']
  for (const Host of [...taken, ...odd, 'fake-topcalls:8672', 'api.topcalls.ai'])
    t.equal(await statusWith(url, { Host }), 200, Host)
})

t.test('what a form of another site could send is not taken for JSON, and no answer names CORS', async t => {
  const { url, app } = await testBench(t)
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const answer = await fetch(`${url}/_topcalls/v1/reset`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: '{}'
    })
    t.match(answer, { status: 415 }, type)
  }
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/_topcalls/v1/reset',
    headers: { origin: 'https://evil.example' }
  })
  t.match(preflight, { statusCode: 405 })
  for (const answer of [preflight, await app.inject(info)]) {
    t.notMatch(Object.keys(answer.headers).join(), /access-control/)
  }
})

t.test('a control token is demanded of every call, but not of health and documents', async t => {
  const control: ControlOptions = { token: 'a-long-token' }
  const { url, create, ...server } = await testBench(t, { control })
  t.equal(await statusWith(url, {}), 401)
  for (const token of ['', 'a-long-toke', 'a-long-token2', 'x'.repeat(10_000)]) {
    t.equal(await statusWith(url, { Authorization: `Bearer ${token}` }), 401)
  }
  t.equal(await statusWith(url, { Authorization: 'Bearer a-long-token' }), 200)
  t.match(await server.control.info(), { version: String }, "the server's own client has it")
  await t.rejects(connect(url).info(), { status: 401, message: /--control-token/ })
  t.match(await create(), { status: 201 }, 'the emulated API knows nothing of it')
  for (const path of ['/_topcalls/livez', '/_topcalls/readyz', '/_topcalls/v1/openapi.json', '/_topcalls/docs']) {
    t.equal(await statusWith(url, {}, 'GET', path), 200, path)
  }
})

t.test('the control plane moves to a port of its own, health stays', async t => {
  const { url, controlUrl, control, create } = await testBench(t, { control: { port: 0 } })
  t.not(controlUrl, url)
  await create()
  t.match(await control.info(), { counts: { carriers: 1 } })
  for (const [base, path, status] of [
    [url, info, 404],
    [url, '/_topcalls/docs', 404],
    [url, '/_topcalls/livez', 200],
    [controlUrl, info, 200],
    [controlUrl, '/_topcalls/docs', 200],
    [controlUrl, '/_topcalls/openapi.json', 200],
    [controlUrl, '/_topcalls/livez', 404],
    [controlUrl, '/v1/phone-numbers/carriers', 404]
  ] as const) {
    t.equal((await fetch(`${base}${path}`)).status, status, `${base}${path}`)
  }
})

t.test('the control plane can be left out', async t => {
  const { url, controlUrl } = await testBench(t, { control: false })
  t.equal(controlUrl, undefined)
  for (const [path, status] of [
    [info, 404],
    ['/_topcalls/v1/openapi.json', 404],
    ['/_topcalls/livez', 200],
    ['/_topcalls/openapi.json', 200],
    ['/_topcalls/docs', 200]
  ] as const) {
    t.equal((await fetch(`${url}${path}`)).status, status, path)
  }
  t.notMatch(await (await fetch(`${url}${info}`)).text(), /reset/)
})

t.test('an unknown path below the prefix answers a JSON 404 with the routes', async t => {
  const { app } = await testBench(t)
  const answer = await app.inject('/_topcalls/v1/faluts')
  t.match(answer, { statusCode: 404, headers: { 'content-type': 'application/problem+json' } })
  t.ok(answer.json().routes.includes('POST /_topcalls/v1/faults'))
  t.match(await app.inject({ method: 'PATCH', url: '/_topcalls/v1/clock' }), {
    statusCode: 405,
    headers: { allow: /POST/ }
  })
})

t.test('control calls are neither journaled nor faulted nor limited', async t => {
  const { url, control } = await testBench(t)
  await control.rateLimit.set(0, '1h')
  for (const phase of ['before', 'after'] as const) await control.faults.arm({ phase, kind: 'status' })
  for (let call = 0; call < 3; call++) await control.info()
  await fetch(`${url}/_topcalls`, { redirect: 'manual' })
  t.match(await control.requests.list(), { total: 0 })
})

t.test('a Host that is no host name with a port is refused, and so is a target that names another', async t => {
  const { url } = await testBench(t)
  const ask = async (target: string, ...hosts: string[]) => {
    const lines = hosts.map(host => `Host: ${host}\r\n`).join('')
    const [answer] = await sendRaw(url, `GET ${target} HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`)
    return answer?.status
  }
  const info = '/_topcalls/v1/info'
  for (const host of [
    'evil.example@127.0.0.1',
    '127.0.0.1/evil.example',
    '127.0.0.1#evil.example',
    '127.0.0.1?evil',
    'loc%61lhost',
    '127.0.0.1\\@evil.example'
  ])
    t.equal(await ask(info, host), 403, host)
  t.match(String(await ask(info, 'localhost', 'evil.example')), /40[03]/, 'two Host lines')
  t.equal(await ask(`http://evil.example${info}`, 'localhost'), 403, 'absolute form')
})
