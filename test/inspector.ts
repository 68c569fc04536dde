import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { inspectorFiles } from '../src/control/inspector.ts'
import { testBench } from './fixtures/bench.ts'

const sources = new URL('../src/inspector/', import.meta.url)
const mostBytes = 60_000

t.test('the page and all of its files come to less than 60 kB on the wire', async t => {
  const { app } = await testBench(t)
  let total = 0
  for (const name of inspectorFiles) {
    const url = name === 'index.html' ? '/_topcalls/' : `/_topcalls/inspector/${name}`
    const plain = await app.inject(url)
    const packed = await app.inject({ url, headers: { 'accept-encoding': 'gzip, br' } })
    t.match(plain, { statusCode: 200, headers: { vary: 'accept-encoding' } }, name)
    t.match(packed, { statusCode: 200, headers: { 'content-encoding': 'gzip' } })
    t.notOk(plain.headers['content-encoding'])
    total += packed.rawPayload.length
  }
  t.ok(total < mostBytes, `${total} bytes`)
})

t.test('every module of the page is served, and nothing that is for the checker only', async t => {
  const served = new Set<string>(inspectorFiles)
  const expected = readdirSync(sources).filter(name => !/\.ts$|tsconfig\.json$/.test(name))
  t.same([...served].sort(), [...expected, 'preact.js'].sort())
  const { app } = await testBench(t)
  for (const name of ['types.ts', 'tsconfig.json', 'index.html', '..%2fcontrol%2fguard.ts', 'constructor', '']) {
    t.match(await app.inject(`/_topcalls/inspector/${name}`), { statusCode: 404 }, name)
  }
})

t.test('nothing but the server itself may be loaded, run or framed', async t => {
  const { app } = await testBench(t)
  for (const url of ['/_topcalls/', '/_topcalls/inspector/app.js', '/_topcalls/inspector/base.css']) {
    const { headers } = await app.inject(url)
    const policy = String(headers['content-security-policy'])
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'"
    ]) {
      t.ok(policy.includes(part), part)
    }
    t.notMatch(policy, /unsafe/)
    t.match(headers, { 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' })
  }
})

t.test('all addresses are relative, so that the page works behind a published port or path', async t => {
  for (const name of readdirSync(sources).filter(name => /\.(js|css|html)$/.test(name))) {
    const text = readFileSync(new URL(name, sources), 'utf8')
    t.notMatch(text, /(?:src|href|from|fetch\()\s*=?\s*["'`]\//, name)
    t.notMatch(text, /innerHTML|eval\(| on[a-z]+="/, name)
  }
  const { app } = await testBench(t)
  t.match(await app.inject('/_topcalls'), { statusCode: 302, headers: { location: '_topcalls/' } })
})

t.test('the ledger is served as a text', async t => {
  const { app } = await testBench(t)
  const answer = await app.inject('/_topcalls/fidelity.md')
  t.match(answer, { statusCode: 200, headers: { 'content-type': /text\/plain/ } })
  t.match(answer.body, /\| B4 \|/)
})

t.test('without a control plane there is no inspector; with a port of its own it is there', async t => {
  const none = await testBench(t, { control: false })
  for (const path of ['/_topcalls/', '/_topcalls', '/_topcalls/inspector/app.js', '/_topcalls/fidelity.md']) {
    t.equal((await fetch(`${none.url}${path}`)).status, 404, path)
  }
  const { url, controlUrl } = await testBench(t, { control: { port: 0 } })
  t.equal((await fetch(`${url}/_topcalls/`)).status, 404)
  const page = await (await fetch(`${controlUrl}/_topcalls/`)).text()
  t.ok(page.includes(`data-api-port="${new URL(url).port}"`))
})

t.test('the stream can be had without headers and bodies', async t => {
  const { url, create } = await testBench(t)
  const first = await create()
  const read = async (query: string) => {
    const { body } = await fetch(`${url}/_topcalls/v1/events${query}`, { headers: { 'last-event-id': '0' } })
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const data = /^data: (.*)$/m.exec(chunk)?.[1]
      if (data) return JSON.parse(data)
    }
  }
  const brief = await read('?brief=true')
  t.match(brief, { id: first.headers.get('x-request-id'), outcome: 'created', rules: [], findings: Array })
  t.notOk('headers' in brief || 'body' in brief || 'answer' in brief || 'details' in brief || 'weight' in brief)
  t.match(await read(''), { headers: Object, body: Object, answer: Object })
})

t.test('who brings the number of an earlier server gets all that this one has', async t => {
  const { url, create } = await testBench(t)
  await create()
  const { body } = await fetch(`${url}/_topcalls/v1/events`, { headers: { 'last-event-id': '5000' } })
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    if (!chunk.includes('data:')) continue
    t.match(chunk, /^id: 1$/m)
    break
  }
})
