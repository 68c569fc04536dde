import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { inspectorFiles } from '../src/control/inspector.ts'
import { testBench } from './fixtures/bench.ts'

const sources = new URL('../src/inspector/', import.meta.url)

t.test('every file of the page comes compressed to who takes that', async t => {
  const { app } = await testBench(t)
  for (const name of inspectorFiles) {
    const url = name === 'index.html' ? '/_topcalls/' : `/_topcalls/inspector/${name}`
    const plain = await app.inject(url)
    const packed = await app.inject({ url, headers: { 'accept-encoding': 'gzip, br' } })
    t.match(plain, { statusCode: 200, headers: { vary: 'accept-encoding' } }, name)
    t.match(packed, { statusCode: 200, headers: { 'content-encoding': 'gzip' } })
    t.notOk(plain.headers['content-encoding'])
    t.equal(gunzipSync(packed.rawPayload).toString(), plain.body)
  }
})

t.test('every module of the page is served, and nothing that is for the checker only', async t => {
  const served = new Set<string>(inspectorFiles)
  const expected = readdirSync(sources).filter(name => !/\.ts$|tsconfig\.json$/.test(name))
  t.same([...served].sort(), [...expected, 'fidelity.md', 'preact.js'].sort())
  const { app } = await testBench(t)
  for (const name of ['types.ts', 'tsconfig.json', 'index.html', '..%2fcontrol%2fguard.ts', 'constructor', '']) {
    t.match(await app.inject(`/_topcalls/inspector/${name}`), { statusCode: 404 }, name)
  }
})

t.test('nothing but the server itself may be loaded, run or framed', async t => {
  const { app } = await testBench(t)
  const { headers } = await app.inject('/_topcalls/')
  t.same(String(headers['content-security-policy']).split('; '), [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'"
  ])
  for (const path of ['inspector/app.js', 'inspector/base.css', 'inspector/icon.svg', 'inspector/fidelity.md']) {
    const { headers } = await app.inject(`/_topcalls/${path}`)
    t.equal(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'", path)
    t.match(headers, { 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' }, path)
  }
})

t.test('all addresses are relative, so that the page works behind a published port or path', async t => {
  for (const name of readdirSync(sources).filter(name => /\.(js|css|html)$/.test(name))) {
    const text = readFileSync(new URL(name, sources), 'utf8')
    t.notMatch(text, /(?:src|href|from|fetch\()\s*=?\s*["'`]\//, name)
    t.notMatch(text, /innerHTML|eval\(| on[a-z]+="/, name)
  }
  const { app } = await testBench(t)
  for (const query of ['', '?a=/']) {
    t.match(await app.inject(`/_topcalls${query}`), { statusCode: 302, headers: { location: '_topcalls/' } })
    t.match(await app.inject(`/_topcalls/${query}`), { statusCode: 200 })
  }
})

t.test('the ledger is served as a text', async t => {
  const { app } = await testBench(t)
  const answer = await app.inject('/_topcalls/inspector/fidelity.md')
  t.match(answer, { statusCode: 200, headers: { 'content-type': /text\/plain/ } })
  t.match(answer.body, /\| B4 \|/)
})

t.test('without a control plane there is no inspector; with a port of its own it is there', async t => {
  const none = await testBench(t, { control: false })
  for (const path of ['/_topcalls/', '/_topcalls', '/_topcalls/inspector/app.js', '/_topcalls/inspector/fidelity.md']) {
    t.equal((await fetch(`${none.url}${path}`)).status, 404, path)
  }
  const { url, controlUrl } = await testBench(t, { control: { port: 0 } })
  t.equal((await fetch(`${url}/_topcalls/`)).status, 404)
  const page = await (await fetch(`${controlUrl}/_topcalls/`)).text()
  t.ok(page.includes(`data-api-port="${new URL(url).port}"`))
})

/** The stream until a part of it is there. */
async function readUntil(url: string, last: string, end: RegExp): Promise<string> {
  const aborting = new AbortController()
  const { body } = await fetch(url, { headers: { 'last-event-id': last }, signal: aborting.signal })
  let text = ''
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    if (end.test(text)) break
  }
  aborting.abort()
  return text
}

t.test('the stream can be had without headers and bodies', async t => {
  const { url, create } = await testBench(t)
  const first = await create()
  const read = async (query: string) => {
    const told = await readUntil(`${url}/_topcalls/v1/events${query}`, '0', /^data: \{.*\n/m)
    return JSON.parse(/^data: (\{.*)$/m.exec(told)?.[1] ?? '')
  }
  const brief = await read('?brief=true')
  t.match(brief, { id: first.headers.get('x-request-id'), outcome: 'created', rules: [], findings: Array })
  t.notOk('headers' in brief || 'body' in brief || 'answer' in brief || 'details' in brief || 'weight' in brief)
  t.match(await read(''), { headers: Object, body: Object, answer: Object })
})

t.test('who brings an id of an earlier server gets all that this one has', async t => {
  const before = await testBench(t)
  for (let number = 0; number < 2; number++) await before.create()
  const [, last = ''] = /^id: (\S+-2)$/m.exec(
    await readUntil(`${before.url}/_topcalls/v1/events`, '0', /^id: \S+-2$/m)
  ) ?? ['']
  t.match(last, /^[0-9a-f]{8}-2$/)
  const { url, create } = await testBench(t)
  for (let number = 0; number < 3; number++) await create()
  const events = `${url}/_topcalls/v1/events`
  t.match(await readUntil(events, last, /-3$/m), /^id: \S+-1$/m, 'though this one is further')
  t.match(await readUntil(events, '5000', /-3$/m), /^id: \S+-1$/m, 'a number that is still to come')
  t.notMatch(await readUntil(events, '2', /-3$/m), /-2\nevent/, 'a number alone is one of this server')
})

t.test('words are looked for in all that the journal tells, and in nothing else', async t => {
  const { url, create, control } = await testBench(t)
  const body = { carrier_name: 'Bürö "Nord"\n', sip_gateway: { ipv4: '203.0.113.77' } }
  const { id } = (await (await create({ body })).json()) as { id: string }
  const ascii = JSON.stringify({ ...body, carrier_name: 'Süd' }).replace('ü', '\\u00fc')
  await create({ body: ascii, key: 'escaped-letters' })
  await create({ body: { carrier_name: '' } })
  const found = async (text: string) => (await control.requests.list({ text })).data.length
  t.equal(await found('203.0.113.77'), 2)
  t.equal(await found('BÜRÖ "nord"'), 1)
  t.equal(await found(id.slice(9)), 1, 'in the answer')
  t.equal(await found('süd'), 1)
  t.equal(await found('refused b1'), 1)
  t.equal(await found('answer'), 0, 'the member names of the journal are no words')
  t.equal(await found('[redacted] post'), 3)
  const told = await readUntil(`${url}/_topcalls/v1/events?brief=true&text=s%C3%BCd`, '0', /^data: \{.*\n/m)
  t.match(told, /escaped-letters/)
  t.equal(told.split('event: request').length, 2)
  await t.rejects(control.requests.wait({ text: 'nowhere', timeout: 10 }), { message: /^0 matched within 10 ms/ })
})

t.test('the stream ends after what there is for who asks so, and says how far it looked', async t => {
  const { url, create } = await testBench(t)
  for (let number = 0; number < 120; number++) await create(number === 30 ? { key: 'the-thirty-first' } : {})
  const search = `${url}/_topcalls/v1/events?brief=true&follow=false&text=thirty-first`
  const ask = async (last: string) => (await fetch(search, { headers: { 'last-event-id': last } })).text()
  const told = await ask('0')
  t.equal(told.split('event: request').length, 2)
  const [end = ''] = /\S+-120(?=\n\n$)/.exec(told) ?? []
  t.match(end, /^[0-9a-f]{8}-120$/)
  t.notMatch(await ask(end), /event: request/)
  await create({ key: 'another-thirty-first' })
  t.match(await ask(end), /event: request[\s\S]*-121\n\n$/)
})

t.test('the stream tells what the journal had no room for', async t => {
  const { url, create } = await testBench(t, { journal: { entries: 3, bytes: 1_000_000 } })
  for (let number = 0; number < 5; number++) await create()
  const events = `${url}/_topcalls/v1/events`
  t.match(await readUntil(`${events}?brief=true`, '0', /-5$/m), /^event: dropped\ndata: 2$/m)
  t.notMatch(await readUntil(events, '0', /-5$/m), /dropped/, 'programs follow requests alone')
})
