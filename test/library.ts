import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { ControlError, connect, startFakeTopCalls } from '../src/index.ts'
import { postCarrier, testBench } from './fixtures/bench.ts'

t.test('several servers run in one process, each with a port, a key and data of its own', async t => {
  const servers = await Promise.all([testBench(t), testBench(t), testBench(t)])
  t.equal(new Set(servers.map(({ url }) => url)).size, 3)
  t.equal(new Set(servers.map(({ apiKey }) => apiKey)).size, 3)
  await servers[0]?.create()
  await servers[0]?.control.clock.advance('24h')
  const totals = await Promise.all(servers.map(async ({ control }) => (await control.carriers.list()).total))
  t.same(totals, [1, 0, 0])
  t.match(await servers[1]?.control.clock.get(), { own: false })
})

t.test('a server is disposed of with its scope', async t => {
  let url = ''
  {
    await using server = await startFakeTopCalls()
    url = server.url
    t.match(await postCarrier(url, { token: server.apiKey }), { status: 201 })
  }
  await t.rejects(fetch(url))
})

t.test('connect steers a server that runs elsewhere, for all accounts or for one', async t => {
  const { url, create } = await testBench(t)
  const control = connect(url)
  const one = connect(url, { account: 'tc_live_one' })
  await create({ token: 'tc_live_one' })
  await create({ token: 'tc_live_two' })
  t.equal((await control.carriers.list()).total, 2)
  t.equal((await one.carriers.list()).total, 1)
  t.equal((await one.forAccount('tc_live_two').carriers.list()).total, 1)
})

t.test('what is no fake-topcalls is told, and a refusal is a ControlError with its problem', async t => {
  const { url, control } = await testBench(t, { control: false })
  const error = await control.info().catch((thrown: unknown) => thrown)
  t.ok(error instanceof ControlError)
  t.match(error, { status: 404, message: /There is nothing at GET \/_topcalls\/v1\/info/ })
  await t.rejects(connect('http://127.0.0.1:1').info(), { message: 'fetch failed' })
  t.match(url, /^http/)
})

t.test('the library writes nothing, and leaves nothing behind that keeps a process alive', t => {
  const index = new URL('../src/index.ts', import.meta.url).href
  const { status, stdout, stderr } = spawnSync(process.execPath, [
    '--input-type=module',
    '-e',
    `import { startFakeTopCalls } from '${index}'
     const server = await startFakeTopCalls()
     await server.control.faults.arm({ kind: 'hang' })
     const headers = { authorization: 'Bearer ' + server.apiKey, 'content-type': 'application/json' }
     fetch(server.url + '/v1/phone-numbers/carriers', { method: 'POST', headers, body: '{}' }).catch(() => {})
     await server.control.requests.wait({ outcome: 'faulted' })
     await server.close()`
  ])
  t.equal(String(stdout) + String(stderr), '')
  t.equal(status, 0)
  t.end()
})

t.test('what cannot be used is refused with a sentence', async t => {
  await t.rejects(startFakeTopCalls({ clock: 'noon' }), { message: /clock/ })
  await t.rejects(startFakeTopCalls({ state: { version: 1 } as never }), { message: 'accounts is required.' })
  await t.rejects(startFakeTopCalls({ keys: [{ key: 'x' }] as never }), { message: /key 0/ })
  const wrong: [object, RegExp][] = [
    [{ strictnes: 'strict' }, /^the option strictnes is not/],
    [{ strictness: 'Strict' }, /^the option strictness must be one of "documented", "inferred", "strict"\.$/],
    [{ durability: 'Full' }, /^the option durability must be one of "full", "relaxed"\.$/],
    [{ auth: 'foo' }, /^the option auth must be/],
    [{ database: '' }, /^the option database must/],
    [{ port: 65_536 }, /^the option port must/],
    [{ seed: 'a' }, /^the option seed must be integer/],
    [{ seed: 1.5 }, /^the option seed must be integer/],
    [{ clock: 5 }, /^the option clock must be string or object\.$/],
    [{ journal: { entries: 'foo' } }, /^the option journal\.entries must/],
    [{ journal: { bites: 5 } }, /^the option journal\.bites is not/],
    [{ control: { token: '' } }, /^the option control\.token must be one word/],
    [{ control: true }, /^the option control must/]
  ]
  for (const [options, message] of wrong) {
    await t.rejects(startFakeTopCalls(options), { message, exitCode: 2 }, JSON.stringify(options))
  }
  const open = { seed: undefined, journal: { entries: undefined }, control: { token: undefined } }
  await (await startFakeTopCalls(open as object)).close()
})

t.test('the control plane is reached at every address, and below a path', async t => {
  const { url, control } = await testBench(t, { host: '::' })
  t.match(url, /^http:\/\/\[::1\]:/)
  t.match(await control.info(), { version: String })
  const gateway = createServer((request, response) => {
    fetch(`${url}${request.url?.replace('/fake', '')}`).then(async answer =>
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
    )
  }).listen(0, '127.0.0.1')
  await once(gateway, 'listening')
  t.teardown(() => gateway.close())
  const { port } = gateway.address() as AddressInfo
  for (const path of ['/fake', '/fake/']) {
    t.match(await connect(`http://127.0.0.1:${port}${path}`).info(), { version: String })
  }
})
