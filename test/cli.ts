import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import t from 'tap'
import { readInvocation } from '../src/invocation.ts'
import { postCarrier } from './fixtures/bench.ts'
import { program, run, started } from './fixtures/program.ts'
import { rawRequest } from './fixtures/socket.ts'

t.test('--help tells every option with its variable, its bounds and its default', async t => {
  const { code, stdout } = await run(['--help'])
  t.equal(code, 0)
  const options = [
    ...[
      'host',
      'port',
      'database',
      'durability',
      'keys',
      'auth',
      'strictness',
      'seed-file',
      'seed',
      'clock',
      'journal-entries'
    ],
    ...['journal-bytes', 'control-port', 'control-token', 'control-token-file', 'allowed-hosts', 'log-level']
  ]
  for (const option of options) {
    t.match(stdout, `--${option} `)
    t.match(stdout, `TOPCALLS_${option.toUpperCase().replaceAll('-', '_')}`)
  }
  t.match(stdout, /documented\|inferred\|strict/)
  t.match(stdout, /default 8672/)
  t.equal((await run(['-h'])).stdout, stdout)
  t.match((await run(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
})

t.test('a wrong flag, value, variable or command names itself in one sentence', t => {
  const wrong: [string[], Record<string, string>, RegExp][] = [
    [['--prot', '1'], {}, /^unknown option '--prot'\.$/],
    [['--port'], {}, /--port/],
    [['--port', '-1'], {}, /--port/],
    [['--port=-1'], {}, /--port must be an integer from 0 to 65535, not "-1"\.$/],
    [['--port', '99999'], {}, /--port must be an integer from 0 to 65535, not "99999"\.$/],
    [['--port', '80x'], {}, /--port must be/],
    [['--port', '080'], {}, /--port must be/],
    [['--strictness', 'lax'], {}, /--strictness must be one of documented, inferred, strict, not "lax"\.$/],
    [['--database', ''], {}, /--database must be a file name/],
    [[], { TOPCALLS_PORT: 'http' }, /^TOPCALLS_PORT must be an integer/],
    [[], { TOPCALLS_LOG_LEVEL: 'loud' }, /^TOPCALLS_LOG_LEVEL must be one of trace/],
    [['serve'], {}, /^unknown command "serve"/],
    [['start', 'now'], {}, /^unexpected argument "now"\.$/]
  ]
  for (const [args, env, message] of wrong) {
    t.throws(() => readInvocation(args, env), { exitCode: 2, message }, args.join(' '))
    t.throws(() => readInvocation(args, env), { message: /^[^\n]+\.$/ })
  }
  t.end()
})

t.test('wrong usage exits 2 with a sentence and a hint', async t => {
  for (const args of [['--prot'], ['--keys', '/no/such/file.json'], ['healthcheck', '--port', '0']]) {
    const { code, stderr, stdout } = await run(args)
    t.equal(code, 2, args.join(' '))
    t.match(stderr, /^fake-topcalls: [^\n]+\.\nTry fake-topcalls --help\.\n$/)
    t.equal(stdout, '')
  }
})

t.test('what prevents the start is said in one sentence, with exit code 1', async t => {
  const folder = t.testdir({ 'notes.txt': 'no database. '.repeat(100) })
  const cases: [string[], RegExp][] = [
    [['--database', join(folder, 'notes.txt')], /is not a SQLite database/],
    [['--database', join(folder, 'missing/fake.db')], /directory does not exist/],
    [['--host', '192.0.2.1'], /cannot listen/]
  ]
  for (const [args, said] of cases) {
    const { code, stderr, stdout } = await run(['--log-level', 'silent', '--port', '0', ...args])
    t.equal(code, 1)
    t.match(stderr, said)
    t.equal(stderr.trim().split('\n').length, 1, stderr)
    t.equal(stdout, '')
  }
  t.notOk(existsSync(join(folder, 'missing')))
})

t.test('a port in use is said in one sentence, with exit code 1', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  t.teardown(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const { code, stderr } = await run(['--port', String(port), '--log-level', 'silent'])
  t.equal(code, 1)
  t.match(stderr, new RegExp(`another program listens at 127\\.0\\.0\\.1:${port} already; choose another port\\.\n$`))
})

t.test('under an older Node the program says so in one sentence, before better-sqlite3 could crash it', async t => {
  const older = (version: string) =>
    `--import=data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'${version}'}})`
  for (const version of ['18.20.0', '20.20.2', '22.17.1']) {
    const { code, stderr } = await run(['--version'], {}, [older(version)])
    t.equal(code, 1)
    t.equal(stderr, `fake-topcalls needs Node 22.18 or newer, but this is Node ${version}.\n`)
  }
  t.equal((await run(['--version'], {}, [older('22.18.0')])).code, 0)
})

t.test('the only line on stdout says where the server is; logs go to stderr as JSON without secrets', async t => {
  const server = await started(t, [])
  t.match(server.url, /^http:\/\/127\.0\.0\.1:[1-9]\d+$/, 'the real port, although 0 was asked for')
  const body = {
    carrier_name: 'x',
    trunk_type: 'reg',
    sip_gateway: { ipv4: '203.0.113.10' },
    registration: { username: 'u', password: 'sip-secret' }
  }
  t.equal((await postCarrier(server.url, { key: 'logged-key-1', body })).status, 201)
  t.equal((await fetch(`${server.url}/v1/tc_live_in-a-path?x=tc_live_in-a-query`)).status, 404)
  t.equal(await server.stop('SIGTERM'), 0)

  const lines = server
    .log()
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.match(
    lines.find(({ status }) => status === 201),
    { method: 'POST', path: '/v1/phone-numbers/carriers', account: String }
  )
  t.ok(lines.find(({ status }) => status === 404))
  t.notMatch(server.log(), /sip-secret|tc_live_test|in-a-path|in-a-query/)
})

t.test('variables are read, a flag beats its variable, an empty variable counts as unset', async t => {
  const file = join(t.testdir(), 'keys.json')
  const entry = { key: 'tc_live_other', account_id: '2c5ea4c0-4067-4fe9-8bad-9b1deb4d3b7d', scopes: [] }
  writeFileSync(file, JSON.stringify([entry]))
  const env = { TOPCALLS_KEYS: file, TOPCALLS_STRICTNESS: 'strict', TOPCALLS_PORT: '1', TOPCALLS_HOST: '' }
  const server = await started(t, ['--strictness', 'documented'], env)
  t.equal((await postCarrier(server.url)).status, 401)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  t.test(`${signal} finishes what is in flight and exits 0, with idle and with stuck connections open`, async t => {
    const database = join(t.testdir(), 'fake.db')
    const server = await started(t, ['--database', database, '--log-level', 'silent'])
    const { hostname, port } = new URL(server.url)
    const agent = new Agent({ keepAlive: true })
    t.teardown(() => agent.destroy())
    const [response] = await once(request(`${server.url}/_topcalls/livez`, { agent }).end(), 'response')
    await once(response.resume(), 'end')
    const stuck = connect(Number(port), hostname)
    stuck.on('error', () => {})
    stuck.write(
      rawRequest(['Authorization: Bearer tc_live_test', 'Content-Type: application/json'], '{}').subarray(0, -1)
    )
    const lock = new Sqlite(database)
    t.teardown(() => lock.close())

    // The lock keeps a request in flight until the server has been asked to stop.
    lock.exec('BEGIN IMMEDIATE')
    const answer = postCarrier(server.url)
    await fetch(`${server.url}/_topcalls/livez`)
    const stopped = server.stop(signal)
    await sleep(100)
    lock.exec('COMMIT')

    t.equal((await answer).status, 201)
    t.equal(await stopped, 0)
  })
}

t.test('a signal during the start is heeded', async t => {
  for (const milliseconds of [60, 200]) {
    const child = spawn(process.execPath, [...process.execArgv, program, '--port', '0'], { stdio: 'ignore' })
    await sleep(milliseconds)
    child.kill('SIGTERM')
    const [code, signal] = await once(child, 'exit')
    // Before Node itself is up, the signal ends it in its own way.
    t.ok(code === 0 || signal === 'SIGTERM', `${code} ${signal}`)
  }
})

t.test('healthcheck finds the server by the same options', async t => {
  const server = await started(t, [])
  const { port } = new URL(server.url)
  t.match(await run(['healthcheck', '--port', port]), { code: 0, stderr: '' })
  t.match(await run(['healthcheck'], { TOPCALLS_PORT: port, TOPCALLS_HOST: '0.0.0.0' }), { code: 0 })
  for (const probe of ['livez', 'readyz']) {
    const answer = await fetch(`${server.url}/_topcalls/${probe}`)
    t.match(answer, { status: 200 })
    t.same(await answer.json(), { status: 'ok' })
  }
  await server.stop('SIGTERM')
  t.match(await run(['healthcheck', '--port', port]), { code: 1, stderr: /not ready: connect ECONNREFUSED/ })
})

t.test('the names of every object are no values of a flag', t => {
  for (const word of ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
    t.throws(() => readInvocation([], { TOPCALLS_NO_CONTROL: word }), { message: /must be true or false/ }, word)
  t.end()
})
