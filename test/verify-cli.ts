import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { program, run, started } from './fixtures/program.ts'

const summary = (stdout: string) => stdout.trim().split('\n').at(-1)

t.test('verify tells what it will do, then each case, then what follows; the fake holds everything', async t => {
  for (const strictness of ['documented', 'inferred', 'strict']) {
    const server = await started(t, ['--strictness', strictness])
    const { code, stdout, stderr } = await run(['verify', '--url', server.url])
    t.equal(code, 0, stdout)
    t.match(
      stderr,
      /^verify runs \d+ cases against http:\/\/127\.0\.0\.1:\d+, with up to \d+ requests, and creates up to /
    )
    t.match(
      stdout,
      new RegExp(`^Contract cases against ${server.url} \\(fake-topcalls [^,]+, strictness ${strictness}\\)`)
    )
    t.match(stdout, /nothing is left of it/)
    t.match(summary(stdout), /^All \d+ cases that ran held: exit code 0\.$/)
  }
})

t.test('url, key and control plane are found where exec puts them', async t => {
  const inner = [process.execPath, program, 'verify', '--only', 'I2,scope-needed']
  const { code, stdout } = await run(['exec', '--control-port', '0', '--control-token', 'word', '--', ...inner])
  t.equal(code, 0, stdout)
  t.match(stdout, / 0 skipped /)
})

t.test('a difference from a guess ends with 3, is saved, and is expected from then on', async t => {
  const folder = t.testdir()
  const [observed, saved] = [join(folder, 'observed.json'), join(folder, 'saved.json')]
  writeFileSync(observed, JSON.stringify({ behaviour: { success_status: 200, inbound_default: false } }))
  const server = await started(t, ['--observed', observed])
  const first = await run(['verify', '--url', server.url, '--save', saved])
  t.equal(first.code, 3)
  t.match(first.stdout, /rule R4 \(inferred\)/)
  t.match(first.stderr, /2 observed behaviours are in /)
  t.match(JSON.parse(readFileSync(saved, 'utf8')), {
    observed_at: /^\d{4}-/,
    url: server.url,
    behaviour: { success_status: 200, inbound_default: false }
  })
  t.equal((await run(['verify', '--url', server.url, '--observed', saved])).code, 0)
})

t.test('reports go to a file, and nothing but them', async t => {
  const server = await started(t, [])
  const begins = { tap: /^TAP version 14\n/, junit: /^<\?xml /, json: /^\{\n {2}"format": 1/, html: /^<!doctype html>/ }
  for (const [reporter, begin] of Object.entries(begins)) {
    const output = join(t.testdir(), `report-${reporter}`)
    const args = ['verify', '--url', server.url, '--only', 'I2', '--reporter', reporter, '--output', output]
    t.match(await run(args), { code: 0, stdout: '' })
    t.match(readFileSync(output, 'utf8'), begin)
  }
})

t.test('wrong usage, a server that is not there and one that is not on loopback are said in a sentence', async t => {
  const server = await started(t, [])
  const wrong: [string[], number, RegExp][] = [
    [['--url', 'http://192.0.2.1'], 2, /not on loopback: add --yes/],
    [['--url', 'http://192.0.2.1', '--yes'], 2, /verify needs a --key/],
    [['--url', 'http://127.0.0.1:1'], 1, /cannot be reached/],
    [['--url', 'http://127.0.0.1:1', '--control-token', 'x'], 1, /the control plane cannot be used/],
    [['--url', 'ftp://127.0.0.1'], 2, /--url must be an http or https URL/],
    [['--only', 'B99'], 2, /"B99", which is neither a case nor a rule/],
    [['--rate', '0'], 2, /--rate must be an integer from 1/],
    [['--reporter', 'dot'], 2, /--reporter must be one of spec, tap, junit, json, html/],
    [
      ['--output', '/no/such/file', '--url', server.url, '--only', 'E8'],
      1,
      /\/no\/such\/file cannot be written: ENOENT\.$/m
    ],
    [
      ['--save', '/no/such/file', '--url', server.url, '--only', 'E8'],
      1,
      /\/no\/such\/file cannot be written: ENOENT\.$/m
    ],
    [['--url', 'http://127.0.0.1:1/v1'], 2, /--url must be an http or https URL without \/v1/],
    [['--openapi', 'openapi.yaml', '--save', 'x'], 2, /--openapi asks no server: it excludes --save/],
    [['--openapi', 'openapi.yaml', '--reporter', 'json'], 2, /excludes .* and --reporter/],
    [
      ['--url', 'http://192.0.2.1', '--control-token', 'x'],
      2,
      /192\.0\.2\.1 is not on loopback, so it gets no control token/
    ],
    [['--prefix', 'p'.repeat(9_000)], 2, /^.{1,300}$/m],
    [['--key', 'two words'], 2, /--key must be one word of visible ASCII characters\.$/m],
    [['--prefix', 'a b'], 2, /--prefix must be/],
    [['--observed', '/no/such.json'], 2, /such\.json cannot be used: ENOENT/],
    [['--openapi', '/no/such.yaml'], 2, /such\.yaml cannot be used: ENOENT/],
    [['--port', '1'], 2, /verify takes no --port\./]
  ]
  for (const [args, exitCode, message] of wrong) {
    const { code, stderr } = await run(['verify', ...args])
    t.equal(code, exitCode, args.join(' '))
    t.match(stderr, message)
  }
  t.match(await run(['--yes']), { code: 2, stderr: /start takes no --yes/ })
})

t.test('verify --openapi compares a document with ours', async t => {
  const file = join(t.testdir(), 'published.yaml')
  const ours = readFileSync(new URL('../openapi.yaml', import.meta.url), 'utf8')
  writeFileSync(file, ours)
  t.match(await run(['verify', '--openapi', file]), { code: 0, stdout: /agree/ })
  writeFileSync(file, ours.replace('maxLength: 100', 'maxLength: 50'))
  t.match(await run(['verify', '--openapi', file]), { code: 1, stdout: /carrier_name/ })
})
