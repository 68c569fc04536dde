import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { program, run } from './fixtures/program.ts'

const script = (code: string) => ['--', process.execPath, '--input-type=module', '-e', code]

t.test('exec gives a command a server of its own and exits with its code', async t => {
  const { code, stdout, stderr } = await run([
    'exec',
    '--clock',
    '2030-01-01T00:00:00Z',
    ...script(`
      const { TOPCALLS_BASE_URL: url, TOPCALLS_API_KEY: key } = process.env
      const answer = await fetch(url + '/v1/phone-numbers/carriers', {
        method: 'POST',
        headers: { authorization: 'Bearer ' + key, 'content-type': 'application/json' },
        body: JSON.stringify({ carrier_name: 'x', sip_gateway: { ipv4: '203.0.113.10' } })
      })
      console.log(answer.status, (await answer.json()).created_at)
      process.exit(7)`)
  ])
  t.equal(stdout, '201 2030-01-01T00:00:00.000Z\n', 'stdout is the command alone')
  t.equal(stderr, '')
  t.equal(code, 7)
})

t.test('a control token and a control port are handed on', async t => {
  const { stdout, code } = await run([
    'exec',
    '--control-port',
    '0',
    '--control-token',
    'secret',
    ...script(`
      const { TOPCALLS_CONTROL_URL: url, TOPCALLS_CONTROL_TOKEN: token } = process.env
      const answer = await fetch(url + '/_topcalls/v1/info', { headers: { authorization: 'Bearer ' + token } })
      console.log(answer.status)`)
  ])
  t.equal(stdout, '200\n')
  t.equal(code, 0)
})

t.test('a command that is missing, or that cannot be run, is told as shells do', async t => {
  t.match(await run(['exec', '--', 'no-such-command']), {
    code: 127,
    stderr: 'fake-topcalls: no-such-command was not found.\n'
  })
  t.match(await run(['exec', '--', '/etc/passwd']), { code: 126, stderr: /cannot be run: EACCES/ })
  t.match(await run(['exec']), { code: 2, stderr: /exec needs the command to run behind --/ })
  t.match(await run(['exec', 'npm', '--', 'test']), { code: 2, stderr: /unexpected argument "npm"/ })
  t.match(await run(['start', '--', 'x']), { code: 2, stderr: /unexpected argument "x"/ })
})

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  t.test(`${signal} is passed on, and the command decides what follows`, async t => {
    const code = `process.on('${signal}', () => process.exit(42)); setInterval(() => {}, 1000); console.log('up')`
    const child = spawn(process.execPath, [...process.execArgv, program, 'exec', ...script(code)], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    t.teardown(() => child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    child.kill(signal)
    t.same(await once(child, 'exit'), [42, null])
  })
}

t.test('a command that a signal ends gives 128 and its number', async t => {
  t.equal((await run(['exec', '--', 'sh', '-c', 'kill -TERM $$'])).code, 143)
})

t.test('a signal before the command runs does not look like its success', async t => {
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130]
  ] as const) {
    const child = spawn(process.execPath, [...process.execArgv, program, 'exec', ...script('console.log(1)')], {
      stdio: 'ignore'
    })
    await sleep(150)
    child.kill(signal)
    const [exitCode, killedBy] = await once(child, 'exit')
    t.ok(exitCode === code || killedBy === signal, `${exitCode} ${killedBy}`)
  }
  t.match(await run(['exec', '--', '']), { code: 126, stderr: /cannot be run/ })
})

t.test('a server around this one is not steered by mistake', async t => {
  const outer = { TOPCALLS_CONTROL_URL: 'http://outer.invalid', TOPCALLS_CONTROL_TOKEN: 'outer' }
  const { stdout } = await run(
    [
      'exec',
      '--no-control',
      ...script('console.log(process.env.TOPCALLS_CONTROL_URL, process.env.TOPCALLS_CONTROL_TOKEN)')
    ],
    outer
  )
  t.equal(stdout, 'undefined undefined\n')
})
