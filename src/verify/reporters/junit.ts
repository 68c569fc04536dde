import { oneLine, visible } from '../../reports/text.ts'
import { type CaseResult, type Results, shortcomingOf, verdictOf } from '../results.ts'
import { createdText, differenceText, observedText, ruleText, serverText, sources } from './words.ts'

/**
 * XML as GitLab and Jenkins read it: a suite for each source of rules, and a `failure` with that source as its type. Where no
 * case ran or the run ended early, a suite `run` has the one error, so that the report says what the exit code says.
 */
export function junit(results: Results): string {
  const { cases } = results
  const suites = sources.flatMap(source => {
    const group = cases.filter(one => one.source === source)
    return group.length === 0 ? [] : [suite(source, group, results)]
  })
  const shortcoming = shortcomingOf(results)
  const errors = shortcoming ? 1 : 0
  if (shortcoming) suites.push(runSuite(shortcoming, results))
  const total = attributes({
    name: 'fake-topcalls verify',
    tests: cases.length + errors,
    failures: countOf(cases, 'failed'),
    errors,
    skipped: countOf(cases, 'skipped'),
    time: seconds(results.duration)
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${total}>\n${suites.join('')}</testsuites>\n`
}

function suite(source: string, cases: CaseResult[], results: Results): string {
  const duration = cases.reduce((sum, one) => sum + one.duration, 0)
  const own = {
    name: source,
    tests: cases.length,
    failures: countOf(cases, 'failed'),
    errors: 0,
    skipped: countOf(cases, 'skipped'),
    time: seconds(duration),
    timestamp: results.startedAt.toISOString()
  }
  const notes = { server: serverText(results), run: createdText(results), verdict: verdictOf(results) }
  const properties = Object.entries(notes).map(([name, value]) => `<property${attributes({ name, value })}/>`)
  return `<testsuite${attributes(own)}>
<properties>${properties.join('')}</properties>
${cases.map(testcase).join('')}</testsuite>
`
}

function testcase(result: CaseResult): string {
  const { id, title, source, duration, outcome, reason = '' } = result
  const own = attributes({ name: `${id}: ${title}`, classname: `verify.${source}`, time: seconds(duration) })
  if (outcome === 'held') return `<testcase${own}/>\n`
  const inner = outcome === 'skipped' ? `<skipped${attributes({ message: reason })}/>` : failure(result)
  return `<testcase${own}>${inner}</testcase>\n`
}

function failure(result: CaseResult): string {
  const differences = result.differences.map(differenceText)
  const observed = observedText(result)
  const text = [...differences, ...result.rules.map(id => `rule ${ruleText(id)}`), ...(observed ? [observed] : [])]
  const own = attributes({ message: differences[0] ?? 'it did not hold', type: result.source })
  return `<failure${own}>${escaped(text.join('\n'))}</failure>`
}

/** A suite for what no case has failed to do, but the run as a whole. */
function runSuite(shortcoming: string, results: Results): string {
  const own = attributes({ name: 'run', tests: 1, failures: 0, errors: 1, skipped: 0, time: '0.000' })
  const error = `<error${attributes({ message: verdictOf(results), type: 'incomplete' })}/>`
  return `<testsuite${own}>
<testcase${attributes({ name: shortcoming, classname: 'verify.run', time: '0.000' })}>${error}</testcase>
</testsuite>
`
}

const countOf = (cases: CaseResult[], outcome: CaseResult['outcome']) =>
  cases.filter(one => one.outcome === outcome).length

const seconds = (milliseconds: number) => (milliseconds / 1_000).toFixed(3)

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text has no character that XML 1.0 lacks once it is visible, and no `]]>` without its last character. */
const escaped = (text: string) => visible(text).replace(/[&<>"]/g, character => entities[character] ?? '')

/** Attributes are in one line: a parser would make spaces of line feeds. */
const attributes = (values: Record<string, string | number>) =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(oneLine(String(value)))}"`)
    .join('')
