import t from 'tap'
import type { ControlOptions, FakeTopCalls } from '../src/index.ts'
import { testBench } from './fixtures/bench.ts'
import { type Attempt, pages, posts, preflights } from './fixtures/hostile-pages.ts'
import { type RawAnswer, sendRaw } from './fixtures/socket.ts'

// The requests of hostile pages, over sockets.

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
    for (const query of [`?account=${apiKey}`, '']) {
      const path = `${template.replace('{id}', 'x')}${query || '?'}${template.endsWith('/events') ? '&follow=false' : ''}`
      await fetch(`${url}${path}`, { method: 'HEAD' })
      const { headers } = await fetch(`${url}${path}`)
      t.equal(headers.get('cross-origin-resource-policy'), 'same-origin', path)
      t.ok(headers.get('x-request-id'), path)
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
