import { Writable } from 'node:stream'
import { WriteStream } from 'node:tty'
import t from 'tap'
import { Parser } from 'tap-parser'
import { oneLine, visible } from '../src/reports/text.ts'
import { rules } from '../src/topcalls/rules.ts'
import { type Reporter, reporters } from '../src/verify/reporters/index.ts'
import type { JsonReport } from '../src/verify/reporters/json.ts'
import { progress, summary } from '../src/verify/reporters/spec.ts'
import { exitCodeOf, verdictOf } from '../src/verify/results.ts'
import {
  differing,
  failed,
  held,
  hostile,
  hostileSkipped,
  hostileText,
  resultsOf,
  skipped
} from './fixtures/results.ts'
import { elements, parseXml } from './fixtures/xml.ts'

const mixed = resultsOf([held, failed, differing, skipped])
const attack = resultsOf([hostile, hostileSkipped, held], {
  url: `http://${hostileText}`,
  server: { version: hostileText, strictness: hostileText }
})

/** All reporters, loaded. */
const all = await Promise.all(
  Object.entries(reporters).map(async ([name, load]) => [name, (await load()) as Reporter] as const)
)
const { spec, tap, junit, json, html } = Object.fromEntries(all) as Record<keyof typeof reporters, Reporter>

/** Nothing that a terminal obeys or that hides; line feeds are the reporter's own. */
const raw = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/u

/** A stream that says it is a terminal, as Node's own does. */
function terminal() {
  const stream = new Writable()
  return Object.assign(stream, { isTTY: true, getColorDepth: WriteStream.prototype.getColorDepth })
}

/** Runs with these variables and no others that speak of colours. */
function withVariables<T>(variables: Record<string, string>, run: () => T): T {
  const names = ['NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS', 'TERM', 'COLORTERM', 'CI', 'TMUX', 'TERM_PROGRAM']
  const before = Object.fromEntries(names.map(name => [name, process.env[name]]))
  for (const name of names) delete process.env[name]
  Object.assign(process.env, variables)
  try {
    return run()
  } finally {
    for (const name of names) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  }
}

t.test('the exit code says what failed, and the verdict why', t => {
  const table = [
    { cases: [held, held], code: 0, text: 'All 2 cases that ran held: exit code 0.' },
    { cases: [held, skipped], code: 0, text: 'The case that ran held: exit code 0.' },
    { cases: [held, failed], code: 1, text: '1 case of documented rules failed: exit code 1.' },
    { cases: [differing, failed], code: 1, text: /^1 case of documented rules failed, and 1 case of rules that are/ },
    {
      cases: [held, differing],
      code: 3,
      text: /^No documented rule failed; 1 case of rules .* differs: exit code 3\.$/
    },
    { cases: [differing, hostile], code: 3, text: /2 cases of rules .* differ: exit code 3\.$/ },
    { cases: [skipped, skipped], code: 1, text: 'No case ran, all 2 skipped, so nothing is proved: exit code 1.' },
    { cases: [], code: 1, text: 'There was no case, so nothing is proved: exit code 1.' }
  ]
  for (const { cases, code, text } of table) {
    const results = resultsOf(cases)
    t.equal(exitCodeOf(results), code)
    t.match(verdictOf(results), text)
  }
  t.end()
})

for (const [name, report] of all) {
  t.test(`${name} tells of what did not hold its id, title, rules, sources and differences`, t => {
    // One JSON escape, one entity: what is told is compared as a reader sees it.
    const text = report(mixed).replaceAll('\\"', '"').replaceAll('&quot;', '"').replaceAll('&#39;', "'")
    for (const { id, title, rules: own, differences } of [failed, differing]) {
      for (const part of [id, title, ...differences.flatMap(one => [one.step, one.expected, one.seen])]) {
        t.ok(text.includes(part), part)
      }
      for (const rule of own) {
        t.ok(text.includes(rule), rule)
        t.ok(text.includes(rules[rule].source))
        t.ok(text.includes(rules[rule].text), rules[rule].text)
      }
    }
    t.ok(text.includes(String(skipped.reason)))
    t.ok(text.includes(verdictOf(mixed)))
    t.match(text, /idempotency_mismatch/)
    t.ok(text.endsWith('\n'))
    t.end()
  })

  t.test(`${name} shows what a hostile server sends and does not obey it`, t => {
    // Tabs and line feeds are white space in HTML.
    t.notMatch(report(attack).replaceAll(name === 'html' ? /[\n\t]/g : '\n', ''), raw)
    t.match(report(attack), name === 'json' ? /\\u001b\[2J/ : /\\+u001b\[2J/)
    t.end()
  })

  t.test(`${name} can tell of nothing`, t => {
    t.match(report(resultsOf([])), 'There was no case')
    t.match(report(resultsOf([], { server: undefined as never })), /./)
    t.end()
  })
}

t.test('a text of a server keeps its letters, and its lines where they are wanted', t => {
  t.equal(visible('Zürich 東京 👩 a\tb\n'), 'Zürich 東京 👩 a\tb\n')
  t.equal(oneLine('a\r\n\tb'), 'a\\r\\n\\tb')
  t.equal(oneLine('\u001b[31m \u202e \ud800 \u{e0041}'), '\\u001b[31m \\u202e \\ud800 \\udb40\\udc41')
  t.end()
})

t.test('spec has colours on a terminal, unless NO_COLOR is set, and none in a file', t => {
  const report = (variables: Record<string, string>, stream?: NodeJS.WritableStream) =>
    withVariables(variables, () => spec(mixed, stream))
  const plain = spec(mixed)
  t.notMatch(plain, '\u001b')
  t.match(report({ TERM: 'xterm-256color' }, terminal()), '\u001b[31mfailed')
  t.equal(report({ TERM: 'xterm-256color', NO_COLOR: '1' }, terminal()), plain)
  t.equal(report({ TERM: 'dumb' }, terminal()), plain)
  t.equal(report({ TERM: 'xterm-256color' }, new Writable()), plain)
  t.equal(report({ FORCE_COLOR: '1' }), plain)
  t.end()
})

t.test('spec tells a documented failure from a guess that differs, in words', t => {
  const text = spec(mixed)
  t.match(text, '2/4 failed  A body without carrier_name is refused (12 ms)')
  t.match(text, '3/4 differs A key used again with another body repeats the first answer (12 ms)')
  t.match(text, '4/4 skipped After 24 hours a key is fresh again: the clock of this server cannot be moved')
  t.match(text, '    rule B1 (documented by TopCalls): carrier_name is a required string of 1 to 100 characters')
  t.match(text, '    create: expected status 400, saw status 201')
  t.match(text, 'idempotency_mismatch = "refused": run with --save to write it down')
  t.match(
    text,
    '1 held, 1 failed, 1 differ, 1 skipped in 1.2 s; 4 requests, 3 created, 1 could not be deleted and is left.'
  )
  t.end()
})

t.test('the progress of a run is one line for each case, and with the summary the whole report', t => {
  const { cases } = mixed
  const lines = cases.map((one, index) => progress(one, index, cases.length))
  for (const line of lines) t.match(line, /^[^\n]+\n$/)
  t.ok(spec(mixed).endsWith(lines.join('') + summary(mixed)))
  t.match(progress(hostile, 9, 120), /^ 10\/120 differs \\u001b[^\n]*\n$/)
  t.end()
})

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
  t.equal(points[0]?.diag.differences[0].seen, oneLine(hostileText))
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
  // biome-ignore lint/suspicious/noExplicitAny: diagnostics are whatever stands in the YAML
  const points: { ok: boolean; name: string; skip: unknown; time: unknown; diag: any }[] = []
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
