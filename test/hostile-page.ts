import t from 'tap'
import type { ControlOptions, FakeTopCalls } from '../src/index.ts'
import { testBench } from './fixtures/bench.ts'
import { type RawAnswer, sendRaw } from './fixtures/socket.ts'

// The requests of hostile pages, over sockets and as Chromium 156 sends them: see docs/security.md.

type Headers = Record<string, string>

interface Attempt {
  method: string
  path: string
  headers?: Headers
  body?: string
}

const form = 'application/x-www-form-urlencoded'
const multipart = 'multipart/form-data; boundary=x'

/** What a page may send without asking first, and what no content type keeps from being sent. */
const bodies: [type: string | undefined, body: string][] = [
  ['text/plain;charset=UTF-8', '{}'],
  [form, '%7B%7D'],
  [multipart, '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n{}\r\n--x--\r\n'],
  ['text/plain; application/json', '{}'],
  ['text/plain,application/json', '{}'],
  ['text/ping', 'PING'],
  ['application/csp-report', '{}'],
  ['application/reports+json', '[]'],
  ['application/json', '{}'],
  [undefined, '{}'],
  [undefined, '']
]

const changes = ['/reset', '/clock', '/faults', '/keys', '/requests/verify']
const reads = ['/info', '/state', '/requests', '/requests/wait?timeout=0ms', '/carriers', '/idempotency', '/clock']

const posts = changes.flatMap(path =>
  bodies.map(
    ([type, body]): Attempt => ({
      method: 'POST',
      path,
      body,
      headers: type === undefined ? {} : { 'Content-Type': type }
    })
  )
)

const preflights = [...changes, '/state', '/events'].flatMap(path =>
  ['POST', 'PUT', 'DELETE'].map(
    (method): Attempt => ({
      method: 'OPTIONS',
      path,
      headers: {
        'Access-Control-Request-Method': method,
        'Access-Control-Request-Headers': 'authorization,content-type',
        'Access-Control-Request-Private-Network': 'true',
        'Access-Control-Request-Local-Network': 'true'
      }
    })
  )
)

const streams: Attempt[] = [
  { method: 'GET', path: '/events', headers: { Accept: 'text/event-stream', 'Last-Event-ID': '0' } },
  ...['/events', '/requests', '/state'].map(path => ({
    method: 'GET',
    path,
    headers: {
      Connection: 'close, Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ=='
    }
  }))
]

const gets = reads.map((path): Attempt => ({ method: 'GET', path, headers: { 'Sec-Fetch-Mode': 'no-cors' } }))
const methods: Attempt[] = [
  { method: 'PUT', path: '/state', body: '{"version":1,"accounts":[]}' },
  { method: 'DELETE', path: '/requests', body: '' }
]

/** Every page that is to be kept out, by what its browser says of it. */
const pages: { name: string; host?: string; headers: Headers; sends: Attempt[] }[] = [
  {
    name: 'of another site, at loopback',
    headers: { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
    sends: [...posts, ...methods, ...streams, ...gets]
  },
  {
    name: 'of another site, whose scripts, pictures, frames and links name no origin',
    headers: { 'Sec-Fetch-Site': 'cross-site' },
    sends: gets
  },
  {
    name: 'of another port of this machine',
    headers: { Origin: 'http://127.0.0.1:1', 'Sec-Fetch-Site': 'same-site' },
    sends: [...posts, ...methods, ...streams, ...gets]
  },
  { name: 'of another port, by pictures', headers: { 'Sec-Fetch-Site': 'same-site' }, sends: gets },
  {
    name: 'in a sandbox, or without referrer',
    headers: { Origin: 'null', 'Sec-Fetch-Site': 'cross-site' },
    sends: [...posts, ...methods, ...streams]
  },
  // Browsers say Sec-Fetch-Site only where they trust the address, which is at loopback.
  {
    name: 'of another site, at an address that is not loopback',
    host: '192.0.2.2',
    headers: { Origin: 'http://evil.example' },
    sends: [...posts, ...methods, ...streams]
  },
  {
    name: 'without origin of its own, there',
    host: '0.0.0.0',
    headers: { Origin: 'null' },
    sends: [...posts, ...methods, ...streams]
  },
  {
    name: 'whose name was pointed to this machine',
    host: 'evil.example',
    headers: { Origin: 'http://evil.example' },
    sends: [...posts, ...methods, ...streams]
  },
  { name: 'with such a name, by GETs', host: 'evil.example', headers: {}, sends: gets }
]

async function answerTo(url: string, attempt: Attempt, prefix = '/_topcalls/v1'): Promise<RawAnswer | undefined> {
  const { method, path, headers = {}, body } = attempt
  const fields = { Host: new URL(url).host, Connection: 'close', ...headers }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`
  const [answer] = await sendRaw(
    url,
    `${method} ${prefix}${path} HTTP/1.1\r\n${lines.join('')}${length}\r\n${body ?? ''}`
  )
  return answer
}

/** A server with something to lose, and what it has. */
async function worthAttacking(t: Parameters<typeof testBench>[0], control: ControlOptions) {
  const bench = await testBench(t, { control, clock: '2030-01-01T00:00:00Z' })
  await bench.create({ key: 'a-key-of-the-user' })
  await bench.control.faults.arm({ kind: 'status', match: { path: '/never' } })
  return { ...bench, everything: () => everythingOf(bench) }
}

async function everythingOf({ control, apiKey }: Pick<FakeTopCalls, 'control' | 'apiKey'>): Promise<string> {
  const { data } = await control.forAccount(apiKey).requests.list()
  return JSON.stringify([await control.state.export(), data, await control.keys.list()])
}

function namesCors({ headers }: RawAnswer): boolean {
  return Object.keys(headers).some(name => name.startsWith('access-control-'))
}

for (const [where, control] of Object.entries<ControlOptions>({
  'on the shared port': {},
  'on a port of its own': { port: 0 },
  'with a token': { token: 'a-token' }
})) {
  t.test(`the control plane ${where} refuses each page and loses nothing`, async t => {
    const { controlUrl = '', everything } = await worthAttacking(t, control)
    const before = await everything()
    const taken: string[] = []
    for (const { name, host, headers, sends } of pages) {
      const own = host === undefined ? {} : { Host: `${host}:${new URL(controlUrl).port}` }
      // A page whose name was pointed here has an origin of that name, port and all.
      const origin = host === 'evil.example' && headers.Origin ? { Origin: `http://${own.Host}` } : {}
      for (const attempt of [...sends, ...preflights]) {
        const { method, path, headers: said } = attempt
        const answer = await answerTo(controlUrl, { ...attempt, headers: { ...said, ...own, ...headers, ...origin } })
        const refused = answer?.status === (method === 'OPTIONS' ? 405 : 403) && !namesCors(answer)
        if (!refused)
          taken.push(`${answer?.status} of a page ${name}: ${method} ${path} ${said?.['Content-Type'] ?? ''}`)
      }
    }
    t.same(taken, [])
    t.equal(await everything(), before)
  })
}

t.test('without any word of the page, nothing but JSON is taken for a body', async t => {
  const { url, everything } = await worthAttacking(t, {})
  const before = await everything()
  for (const { headers = {}, ...post } of posts) {
    if (headers['Content-Type'] === 'application/json' || post.body === '') continue
    t.match(await answerTo(url, { ...post, headers }), { status: 415 }, `${post.path} ${headers['Content-Type']}`)
  }
  t.equal(await everything(), before)
})

t.test('no GET changes anything, since pages can send one that looks like that of a program', async t => {
  const { url, apiKey, everything } = await worthAttacking(t, {})
  const before = await everything()
  const { paths } = (await (await fetch(`${url}/_topcalls/v1/openapi.json`)).json()) as { paths: object }
  const readable = Object.entries<object>({ ...paths }).filter(([, operations]) => 'get' in operations)
  t.ok(readable.length > 8)
  for (const [template] of readable) {
    if (template.endsWith('/events')) continue
    for (const query of ['', `?account=${apiKey}`]) {
      for (const method of ['GET', 'HEAD']) await fetch(`${url}${template.replace('{id}', 'x')}${query}`, { method })
    }
  }
  t.equal(await everything(), before)
})

t.test('the emulated API takes nothing from a page without a key, and lets none ask for more', async t => {
  const { url, everything } = await worthAttacking(t, {})
  const before = await everything()
  const page = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }
  const path = '/phone-numbers/carriers'
  for (const { headers, body } of posts) {
    const answer = await answerTo(
      url,
      { method: 'POST', path, headers: { ...headers, ...page }, body: `${body}` },
      '/v1'
    )
    t.ok(answer?.status === 401 && !namesCors(answer), `${headers?.['Content-Type']}`)
  }
  for (const { headers } of preflights) {
    const answer = await answerTo(url, { method: 'OPTIONS', path, headers: { ...headers, ...page } }, '/v1')
    t.ok(answer?.status === 405 && !namesCors(answer))
  }
  t.equal(await everything(), before)
})

t.test('no page may put the documentation into a frame', async t => {
  const { url } = await testBench(t)
  for (const path of ['/docs', '/docs/', '/docs/static/index.html']) {
    const { headers } = await fetch(`${url}/_topcalls${path}`)
    t.match(headers.get('content-security-policy'), /frame-ancestors 'self'/, path)
  }
})

t.test('no answer of the control plane can be part of another page', async t => {
  const { app } = await testBench(t)
  for (const url of ['/_topcalls/v1/info', '/_topcalls/v1/requests/x', '/_topcalls/v1/openapi.json']) {
    const { headers } = await app.inject({ url, headers: { host: '192.0.2.2' } })
    t.match(
      headers,
      {
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'content-security-policy': /frame-ancestors 'none'/
      },
      url
    )
  }
})
