import t from 'tap'
import { Parser } from 'tap-parser'
import { oneLine } from '../src/reports/text.ts'
import { rules } from '../src/topcalls/rules.ts'
import { html } from '../src/verify/reporters/html.ts'
import { type JsonReport, json } from '../src/verify/reporters/json.ts'
import { junit } from '../src/verify/reporters/junit.ts'
import { tap } from '../src/verify/reporters/tap.ts'
import { verdictOf } from '../src/verify/results.ts'
import { memberAt } from '../src/verify/template.ts'
import { attack, differing, failed, held, hostile, hostileText, mixed, resultsOf, skipped } from './fixtures/results.ts'
import { elements, parseXml } from './fixtures/xml.ts'

t.test('tap is TAP 14 with a point for each case and diagnostics in YAML', async t => {
  const { results, points } = await parsed(tap(mixed))
  t.match(results, { ok: false, count: 4, pass: 2, fail: 2, plan: { start: 1, end: 4 } })
  t.match(points[1]?.diag, {
    id: failed.id,
    source: 'documented',
    rules: [{ id: 'B1', source: 'documented', text: rules.B1.text }, { id: 'E1' }],
    differences: failed.differences,
    requests: 2
  })
  // The parser takes `duration_ms` from the diagnostics.
  t.equal(points[1]?.time, 12)
  t.match(points[2]?.diag, { source: 'fake', observed: /--save/ })
  t.match(points[3], { ok: true, skip: skipped.reason, name: `${skipped.title} (${skipped.id})` })
  t.match((await parsed(tap(resultsOf([held, skipped])))).results, { ok: true, count: 2 })
})

t.test('no text of a server ends or adds a point of TAP', async t => {
  const { results, points, extra } = await parsed(tap(attack))
  t.match(results, { count: 3, pass: 2, fail: 1, bailout: false, failures: [{ id: 1 }] })
  t.equal(points.length, 3)
  t.same(extra, [])
  t.equal(points[0]?.name, `${oneLine(hostileText)} (${oneLine(hostileText)})`)
  t.equal(memberAt(points[0]?.diag, 'differences.0.seen'), oneLine(hostileText))
  t.match(points[1], { ok: true, skip: /forged/ })
})

t.test('where no case ran, TAP and JUnit do not look like success', async t => {
  for (const cases of [[], [skipped]]) {
    t.match((await parsed(tap(resultsOf(cases)))).results, { ok: false, fail: 1, failures: [{ name: 'a case runs' }] })
    const root = parseXml(junit(resultsOf(cases)))
    t.equal(root.attributes.errors, '1')
    t.match(elements(root, 'error'), [{ attributes: { message: /nothing is proved/ } }])
  }
})

t.test('junit has a suite for each source, and counts that agree', t => {
  const root = parseXml(junit(mixed))
  t.match(root, {
    name: 'testsuites',
    attributes: { tests: '4', failures: '2', errors: '0', skipped: '1', time: '1.234' }
  })
  const suites = elements(root, 'testsuite').map(({ attributes }) => attributes)
  t.match(suites, [
    {
      name: 'documented',
      tests: '2',
      failures: '1',
      skipped: '1',
      time: '0.012',
      timestamp: '2030-01-01T12:00:00.000Z'
    },
    { name: 'inferred', tests: '1', failures: '0', skipped: '0' },
    { name: 'fake', tests: '1', failures: '1', skipped: '0' }
  ])
  t.match(elements(root, 'failure'), [
    {
      attributes: { type: 'documented', message: 'create: expected status 400, saw status 201' },
      text: /no such member/
    },
    { attributes: { type: 'fake' }, text: /--save/ }
  ])
  t.match(elements(root, 'skipped'), [{ attributes: { message: skipped.reason } }])
  t.match(elements(root, 'testcase')[0], { attributes: { classname: 'verify.documented', time: '0.012' } })
  t.end()
})

t.test('junit stays well-formed, and says what was sent', t => {
  const root = parseXml(junit(attack))
  const [failure] = elements(root, 'failure')
  t.equal(failure?.attributes.message, oneLine(`${hostileText}: expected ${hostileText}, saw ${hostileText}`))
  t.equal(elements(root, 'testcase').length, 3)
  t.equal(elements(root, 'script').length, 0)
  for (const broken of ['<a>&b;</a>', '<a>]]></a>', '<a>\u0001</a>', '<a b="<"/>', '<a></b>', '<a/><b/>', '<a>&</a>']) {
    t.throws(() => parseXml(`<?xml version="1.0" encoding="UTF-8"?>${broken}`), broken)
  }
  t.end()
})

t.test('json has a stable shape, and values that are those that were seen', t => {
  const report: JsonReport = JSON.parse(json(mixed))
  t.strictSame(
    { ...report, cases: [] },
    {
      format: 1,
      url: 'http://127.0.0.1:8672',
      server: { version: '0.1.0', strictness: 'inferred' },
      started_at: '2030-01-01T12:00:00.000Z',
      duration_ms: 1235,
      requests: 4,
      created: 3,
      left: 1,
      exit_code: 1,
      verdict: verdictOf(mixed),
      counts: { held: 1, failed: { documented: 1, inferred: 0, fake: 1 }, skipped: 1 },
      cases: []
    }
  )
  t.strictSame(report.cases[3], {
    id: skipped.id,
    title: skipped.title,
    source: 'documented',
    rules: [{ id: 'I4', source: 'documented', text: rules.I4.text }],
    outcome: 'skipped',
    reason: skipped.reason,
    differences: [],
    observed: null,
    requests: 0,
    duration_ms: 0
  })
  t.strictSame(report.cases[2]?.observed, differing.observed)
  const [first]: JsonReport['cases'] = JSON.parse(json(attack)).cases
  t.equal(first?.id, hostileText)
  t.strictSame(first?.differences, hostile.differences)
  t.end()
})

t.test('html is one page without script and network, and text of a server is no markup', t => {
  const text = html(attack) + html(mixed)
  t.notMatch(text, /<(script|img|link|iframe|object)\b/i)
  t.notMatch(text, /\s(src|on\w+)=/i)
  t.match(text, '&lt;script&gt;alert(1)&lt;/script&gt;')
  t.end()
})

t.test('html has every rule with its cases, and links that lead somewhere', t => {
  const text = html(resultsOf([held, failed, differing, skipped, hostile]))
  for (const id of Object.keys(rules)) t.ok(text.includes(`<tr id="rule-${id}">`), id)
  t.match(text, `no case: ${rules.E13.unseen}`)
  t.match(text, '<span class="differs">differs</span> <a href="#case-key-reused">key-reused</a>')
  const ids = new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
  const links = [...text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
  t.ok(links.length > 5)
  for (const link of links) t.ok(ids.has(link), `#${link}`)
  t.end()
})

/** What a parser of TAP reads. */
async function parsed(text: string) {
  const points: { ok: boolean; name: string; skip: unknown; time: unknown; diag: unknown }[] = []
  const extra: string[] = []
  const parser = new Parser({ strict: true })
  parser.on('assert', point => points.push(point))
  parser.on('extra', line => extra.push(line))
  const results = await new Promise(resolve => {
    parser.on('complete', resolve)
    parser.end(text)
  })
  return { results, points, extra }
}
