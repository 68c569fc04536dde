import { Writable } from 'node:stream'
import { WriteStream } from 'node:tty'
import t from 'tap'
import { oneLine, visible } from '../src/reports/text.ts'
import { rules } from '../src/topcalls/rules.ts'
import { type Reporter, reporters } from '../src/verify/reporters/index.ts'
import { progress, spec, summary } from '../src/verify/reporters/spec.ts'
import { exitCodeOf, verdictOf } from '../src/verify/results.ts'
import { attack, differing, failed, held, hostile, mixed, resultsOf, skipped } from './fixtures/results.ts'

/** All reporters, loaded. */
const all = await Promise.all(
  Object.entries(reporters).map(async ([name, load]) => [name, (await load()) as Reporter] as const)
)

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
