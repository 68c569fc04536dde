import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { connect as connectTo } from '../src/client.ts'
import { readInvocation } from '../src/invocation.ts'
import { postCarrier } from './fixtures/bench.ts'
import { program, run, started } from './fixtures/program.ts'

t.test(
  'listening beyond loopback without a token is warned of, and with one or without a control plane it is not',
  async t => {
    const cases: [string[], boolean][] = [
      [['--host', '0.0.0.0'], true],
      [['--host', '0.0.0.0', '--control-token', 'x'], false],
      [['--host', '0.0.0.0', '--no-control'], false],
      [[], false]
    ]
    for (const [args, warned] of cases) {
      const server = await started(t, args)
      await server.stop('SIGTERM')
      t.equal(/may steer this server: set --control-token/.test(server.log()), warned, args.join(' '))
    }
  }
)

t.test('the control token may come from a file', async t => {
  const folder = t.testdir({ token: 'from-a-file\n', words: 'two words', empty: '' })
  const server = await started(t, ['--control-token-file', `${folder}/token`, '--host', '0.0.0.0'])
  const url = server.url.replace('0.0.0.0', '127.0.0.1')
  t.match(await connectTo(url, { token: 'from-a-file' }).info(), { version: String })
  await t.rejects(connectTo(url).info(), { status: 401, message: /control-token/ })
  t.notMatch(server.log(), /may steer this server/)
  const wrong: [string[], RegExp][] = [
    [['--control-token-file', `${folder}/words`], /must hold one word/],
    [['--control-token-file', `${folder}/empty`], /must hold one word/],
    [['--control-token-file', `${folder}/missing`], /cannot be used: ENOENT/],
    [['--control-token-file', `${folder}/token`, '--control-token', 'x'], /exclude each other/]
  ]
  for (const [args, stderr] of wrong) t.match(await run(['--port', '0', ...args]), { code: 2, stderr })
})

t.test('a control port of its own is told in the line that says ready', async t => {
  const child = spawn(process.execPath, [...process.execArgv, program, '--port', '0', '--control-port', '0'])
  t.teardown(() => child.kill('SIGKILL'))
  const [line] = await once(child.stdout, 'data')
  const { url, control_url } = JSON.parse(String(line))
  t.equal((await fetch(`${control_url}/_topcalls/v1/info`)).status, 200)
  t.equal((await fetch(`${url}/_topcalls/v1/info`)).status, 404)
})

t.test('options of the control plane, the seed and the clock are read from their variables', async t => {
  const server = await started(t, [], {
    TOPCALLS_CONTROL_TOKEN: 'from-a-variable',
    TOPCALLS_ALLOWED_HOSTS: 'one.example, two.example',
    TOPCALLS_SEED: '7',
    TOPCALLS_CLOCK: '2030-01-01T00:00:00Z',
    TOPCALLS_AUTH: 'list',
    TOPCALLS_JOURNAL_ENTRIES: '5'
  })
  const control = connectTo(server.url, { token: 'from-a-variable' })
  t.match(await control.info(), { seed: 7, auth: 'list', limits: { journal_entries: 5 } })
  t.match(await control.clock.get(), { now: '2030-01-01T00:00:00.000Z', frozen: true })
  t.equal((await postCarrier(server.url)).status, 401)
  t.equal((await run(['--no-control', '--version'], { TOPCALLS_NO_CONTROL: 'perhaps' })).code, 0)
  t.match(await run(['--port', '9', '--control-port', '9']), { code: 2, stderr: /must be another port than --port/ })
  t.throws(() => readInvocation([], { TOPCALLS_NO_CONTROL: 'perhaps' }), {
    message: /TOPCALLS_NO_CONTROL must be true or false/
  })
  for (const [flag, value] of [
    ['--clock', 'noon'],
    ['--allowed-hosts', 'a,,b'],
    ['--seed', '-1'],
    ['--auth', 'none']
  ] as const) {
    t.throws(() => readInvocation([`${flag}=${value}`], {}), { exitCode: 2, message: new RegExp(`^${flag} must be`) })
  }
})

t.test('a token file is read once, so that it may be a pipe', async t => {
  const command = `exec "$0" "$1" --port 0 --control-token-file <(echo token-of-the-pipe)`
  const child = spawn('bash', ['-c', command, process.execPath, program])
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  child.stderr.on('data', data => (said += data))
  const ready = once(child.stdout, 'data').then(([line]) => String(line))
  const first = await Promise.race([
    ready,
    once(child, 'exit').then(() => 'exit'),
    new Promise(resolve => setTimeout(resolve, 4_000, 'neither ready nor gone'))
  ])
  t.match(first, /"event":"ready"/, said)
})

t.test('a token that no header can carry stops the start', async t => {
  for (const token of ['a b', 'tök€n', 'a\tb']) {
    const { code, stderr } = await run(['--port', '0', '--control-token', token])
    t.equal(code, 2, token)
    t.match(stderr, /visible ASCII/)
    t.notMatch(stderr, token)
  }
})
