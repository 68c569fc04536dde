import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { run } from './fixtures/program.ts'

/** A suite that creates a carrier with each key of a list, and then exits with a code. */
const suite = (bodies: object[], code = 0) => [
  '--',
  process.execPath,
  '--input-type=module',
  '-e',
  `for (const [number, body] of ${JSON.stringify(bodies)}.entries()) {
    await fetch(process.env.TOPCALLS_BASE_URL + '/v1/phone-numbers/carriers', {
      method: 'POST',
      headers: { authorization: 'Bearer tc_live_suite_' + number, 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })
  }
  process.exit(${code})`
]
const plain = { carrier_name: 'x', sip_gateway: { ipv4: '203.0.113.10' } }

t.test('--coverage tells what the suite has shown, whichever keys it used, and what to add', async t => {
  const { code, stdout, stderr } = await run(['exec', '--coverage', ...suite([plain, { ...plain, carrier_name: '' }])])
  t.equal(code, 0)
  t.equal(stdout, '', 'stdout is the command alone')
  t.match(stderr, /^Coverage of the contract: 15 %: 5 of the 33 situations .* with strictness inferred$/m)
  t.match(stderr, /^B1 {4}documented {4}1\/1 {6}2 {2}carrier_name is a required string/m)
  t.match(stderr, /^ {2}B2 {4}nobody sent trunk_type: reg$/m)
  t.match(stderr, /^ {2}I12 {3}no test retried after a lost answer/m)
  t.notMatch(stderr, /nobody sent a carrier_name that is refused/)
})

t.test('below --min the exit code is 1, and that of the command where it failed', async t => {
  const little = await run(['exec', '--min', '80', ...suite([plain])])
  t.equal(little.code, 1)
  t.match(little.stderr, /\nfake-topcalls: the suite covers 12 % of the contract, less than the 80 % of --min\.\n$/)
  t.match(await run(['exec', '--min', '12', ...suite([plain])]), {
    code: 0,
    stderr: /^\nCoverage of the contract: 12 %/
  })
  t.match(await run(['exec', '--min', '80', ...suite([plain], 7)]), { code: 7, stderr: /less than the 80 %/ })
})

t.test('--report writes the page, and says where it cannot', async t => {
  const file = join(t.testdir(), 'coverage.html')
  const { code, stderr } = await run(['exec', ...suite([plain])], { TOPCALLS_COVERAGE_REPORT: file })
  t.equal(code, 0)
  t.match(stderr, /Coverage of the contract/)
  const text = readFileSync(file, 'utf8')
  t.match(text, /nobody sent trunk_type: reg/)
  t.match(text, /<code>[0-9a-f-]{36}<\/code>/, 'ids of requests')
  t.match(text, /asks nothing of a client/)
  t.notMatch(text, /<script|src=|https?:/)

  const nowhere = join(t.testdir(), 'none', 'coverage.html')
  t.match(await run(['exec', '--report', nowhere, ...suite([plain])]), {
    code: 1,
    stderr: /^fake-topcalls: .*coverage\.html cannot be written: ENOENT\.\n$/
  })
})

t.test('what cannot be is wrong usage', async t => {
  t.match(await run(['exec', '--coverage', '--no-control', '--', 'true']), {
    code: 2,
    stderr: /coverage is read through the control plane, so it excludes --no-control/
  })
  t.match(await run(['exec', '--min', '101', '--', 'true']), {
    code: 2,
    stderr: /--min must be an integer from 0 to 100/
  })
  t.match(await run(['start', '--min', '80']), { code: 2, stderr: /start takes no --min/ })
})

t.test('a suite that calls another server is told so', async t => {
  const { code, stderr } = await run(['exec', '--coverage', ...suite([])])
  t.equal(code, 0)
  t.match(stderr, /\nNo request came: does the command send its requests to TOPCALLS_BASE_URL\?\n$/)
})

t.test('without --coverage nothing is told', async t => {
  t.equal((await run(['exec', ...suite([plain])])).stderr, '')
})
