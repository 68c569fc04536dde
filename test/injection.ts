import t from 'tap'
import { printablePath } from '../src/log.ts'
import { testBench } from './fixtures/bench.ts'
import { emulator } from './fixtures/emulator.ts'
import { started } from './fixtures/program.ts'
import { json, rawRequest, sendRaw } from './fixtures/socket.ts'

const _account_id = 'b1ea39d6-7584-5d95-97ce-0533aeb7ec44'

/** Characters that could end a line of a log, or that a terminal obeys. */
const characters = ['\n', '\r', '\r\n', '\0', '\x07', '\x1b[2J', '\x1b]0;title\x07', '\b\b']
const asTerminal = {
  NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=data:text/javascript,process.stderr.isTTY=true`
}
const obeyed = /(?!\n)\p{Cc}/u

for (const [name, env] of Object.entries({ JSON: {}, 'a terminal': asTerminal })) {
  t.test(`what a client sends makes no line and no control character in the log for ${name}`, async t => {
    const server = await started(t, ['--log-level', 'trace'], env)
    const forged = '{"level":50,"msg":"forged"}'
    for (const character of characters) {
      const path = `/v1/${encodeURIComponent(`${character}${forged}`)}`
      const said = encodeURIComponent(character)
      const headers = { authorization: `Bearer tc_live_${said}`, 'idempotency-key': said }
      await fetch(server.url + path, { method: 'POST', headers })
    }
    await sendRaw(server.url, 'GET /\x1b[2J HTTP/1.1\r\n\r\n')
    await server.stop('SIGTERM')

    const lines = server.log().trimEnd().split('\n')
    t.notMatch(lines.join('\n'), obeyed)
    const answered = lines.filter(line => line.includes('answered'))
    t.equal(answered.length, characters.length)
    for (const line of answered) t.ok(line.includes('forged\\"'), line)
    if (name === 'JSON')
      t.same(
        lines.map(line => typeof JSON.parse(line).time),
        lines.map(() => 'number')
      )
  })
}

t.test('a fault sends only headers as HTTP knows them', async t => {
  const { url, control, apiKey } = await testBench(t)
  const refused: Record<string, string>[] = [
    { 'x-a': 'a\r\nSet-Cookie: b' },
    { 'x-a': 'a\nb' },
    { 'x-a': 'a\rb' },
    { 'x-a': 'a\0b' },
    { 'x-a': '€' },
    { 'x-a': '\u{1f600}' },
    { 'x-a\r\nx-b': 'c' },
    { 'x a': 'b' },
    { 'x-a:': 'b' },
    { é: 'b' },
    { '': 'b' },
    { 'Content-Length': '5' },
    { 'transfer-encoding': 'chunked' },
    { constructor: 'a\nb' }
  ]
  for (const headers of refused) {
    await t.rejects(
      control.faults.arm({ kind: 'status', headers }),
      { name: 'ControlError', status: 400 },
      JSON.stringify(headers)
    )
  }
  await control.faults.arm({
    kind: 'status',
    headers: { 'x-a': 'é \t!', toString: 'b' },
    problem: { detail: '\r\nSet-Cookie: c' }
  })
  const body = '{"carrier_name":"x","sip_gateway":{"ipv4":"203.0.113.10"}}'
  const [answer] = await sendRaw(url, rawRequest([`Authorization: Bearer ${apiKey}`, json], body))
  t.match(answer, { status: 503, headers: { 'x-a': 'é \t!', tostring: 'b' }, body: /\\r\\nSet-Cookie: c/ })
  t.notOk(answer?.headers['set-cookie'])
})

t.test('nothing of a request returns in a header', async t => {
  const { app } = await testBench(t)
  const mark = 'mark-of-the-client'
  const headers = Object.fromEntries(
    [
      'x-request-id',
      'request-id',
      'idempotency-key',
      'origin',
      'referer',
      'accept',
      'x-note',
      'traceparent',
      'cookie'
    ].map(name => [name, mark])
  )
  for (const method of ['GET', 'POST', 'OPTIONS', 'PATCH'] as const) {
    for (const url of [
      `/v1/${mark}`,
      `/v1/phone-numbers/carriers?${mark}`,
      `/_topcalls/livez?${mark}`,
      `/_topcalls/docs/static/${mark}`,
      `/_topcalls/v1/${mark}`
    ]) {
      const answer = await app.inject({ method, url, headers: { authorization: `Bearer tc_live_${mark}`, ...headers } })
      t.notMatch(JSON.stringify(answer.headers), mark, `${method} ${url}`)
    }
  }
})

t.test('the page of the documentation leads to no other file', async t => {
  const { url } = await testBench(t)
  const paths = [
    '../../../package.json',
    '../../../../../../../../../../etc/passwd',
    '%2e%2e/%2e%2e/package.json',
    '..%2f..%2fpackage.json',
    '%2e%2e%2f%2e%2e%2fpackage.json',
    '%252e%252e%252fpackage.json',
    '..%5c..%5cpackage.json',
    '....//package.json',
    '/etc/passwd',
    '%2fetc%2fpasswd',
    'index.html%00.js',
    'package.json'
  ]
  for (const path of paths) {
    const [answer] = await sendRaw(url, rawRequest([], '', `GET /_topcalls/docs/static/${path} HTTP/1.1`))
    t.ok(answer?.status === 403 || answer?.status === 404, `${path} ${answer?.status}`)
    t.match(answer?.headers['content-type'], 'application/problem+json')
  }
})

const names = [
  'toString',
  'hasOwnProperty',
  'valueOf',
  'constructor',
  '__proto__',
  '__defineGetter__',
  'then',
  'toJSON'
]

t.test('members with the names of every object are members like others', async t => {
  const { control, create, apiKey } = await testBench(t)
  const own = names.filter(name => name !== '__proto__')
  const members = Object.fromEntries(own.map(name => [name, 'x']))
  t.match(
    await create({ body: { carrier_name: 'x', sip_gateway: { ipv4: '203.0.113.10' }, ...members }, headers: members }),
    { status: 201 }
  )
  const [entry] = (await control.requests.list()).data
  t.same(
    entry?.findings.filter(({ code }) => code === 'unknown_member').map(({ path }) => path),
    own
  )
  for (const name of own) {
    t.equal(entry?.headers[name.toLowerCase()], 'x')
    for (const match of [{ body: { [name]: 'x' } }, { headers: { [name]: 'x' } }]) {
      t.match(await control.requests.verify({ match }), { matched: 1 }, JSON.stringify(match))
    }
    for (const match of [{ body: { carrier_name: { [name]: 'x' } } }, { body: { sip_gateway: { [name]: null } } }]) {
      await t.rejects(control.requests.verify({ match }), { name: 'ControlError', status: 422 }, JSON.stringify(match))
    }
  }
  await control.faults.arm({ kind: 'status', problem: members, headers: members, times: 1 })
  t.match(await (await create()).json(), { ...members, title: 'Unavailable' })
  t.match(await control.forAccount(apiKey).state.export(), { version: 1 })
})

t.test('such names are no accounts, keys, rules, routes, commands or members of a call', async t => {
  const { app } = await testBench(t)
  const host = 'localhost'
  for (const name of names) {
    for (const query of [`account=${name}`, `${name}=x`, `${name}[x]=y`, `cursor=${name}`, `outcome=${name}`]) {
      t.match(
        await app.inject({ url: `/_topcalls/v1/requests?${query}`, headers: { host } }),
        { statusCode: 400 },
        query
      )
    }
    for (const path of [`requests/${name}`, `faults/${name}`, name]) {
      t.match(await app.inject({ url: `/_topcalls/v1/${path}`, headers: { host } }), { statusCode: 404 }, path)
    }
    for (const payload of [
      `{"kind":"${name}"}`,
      `{"kind":"reset","phase":"${name}"}`,
      `{"kind":"reset","${name}":1}`,
      `{"kind":"reset","account":"${name}"}`
    ]) {
      const headers = { host, 'content-type': 'application/json' }
      t.match(
        await app.inject({ method: 'POST', url: '/_topcalls/v1/faults', headers, payload }),
        { statusCode: 400 },
        payload
      )
    }
    t.match(await app.inject({ url: `/${name}` }), { statusCode: 404 })
  }
})

t.test('no body reaches the prototype of objects', async t => {
  const { createRaw } = await emulator(t)
  const { app, control } = await testBench(t)
  const polluting = [
    '{"__proto__":{"polluted":1}}',
    '{"constructor":{"prototype":{"polluted":1}}}',
    '{"\\u005f_proto__":{"polluted":1}}'
  ]
  const headers = { host: 'localhost', 'content-type': 'application/json' }
  for (const inner of polluting) {
    t.match(await createRaw(`{"carrier_name":"x","sip_gateway":{"ipv4":"203.0.113.10"},"more":[${inner}]}`), {
      statusCode: 400
    })
    const payloads = {
      faults: `{"kind":"status","problem":${inner}}`,
      keys: inner,
      'requests/verify': `{"match":{"body":${inner}}}`,
      reset: inner
    }
    for (const [path, payload] of Object.entries(payloads)) {
      t.match(
        await app.inject({ method: 'POST', url: `/_topcalls/v1/${path}`, headers, payload }),
        { statusCode: 400 },
        payload
      )
    }
    const payload = `{"version":1,"accounts":[],"faults":[{"kind":"status","problem":${inner}}]}`
    t.match(await app.inject({ method: 'PUT', url: '/_topcalls/v1/state', headers, payload }), { statusCode: 400 })
  }
  t.match(await control.faults.list(), [])
  t.notOk('polluted' in {})
})

t.test('the log has no C1 control, no DEL, no line separator and nothing that turns text around', t => {
  for (const sent of ['%c2%9b31m', '%7f', '%e2%80%a8', '%e2%80%ae', '%c2%85', '%f3%a0%81%81', '%e2%80%8b'])
    t.notMatch(printablePath(`/${sent}x`), /[\p{C}\p{Zl}\p{Zp}]/u, sent)
  t.end()
})
