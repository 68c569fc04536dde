import { oneLine } from '../../reports/text.ts'
import { rules } from '../../topcalls/rules.ts'
import { type CaseResult, countsOf, type Results, shortcomingOf, verdictOf } from '../results.ts'
import { createdText, observedText, serverText } from './words.ts'

/**
 * TAP 14. A case that differs is `not ok` whatever the source of its rules, and its diagnostics tell the source: a TODO
 * would hide it. Where no case ran or the run ended early, one more point is `not ok`, so that it does not look like success.
 */
export function tap(results: Results): string {
  const { cases } = results
  const { held, failed, skipped } = countsOf(results)
  const points = cases.map((result, index) => point(result, index + 1))
  const shortcoming = shortcomingOf(results)
  if (shortcoming) points.push(`not ok ${cases.length + 1} - ${shortcoming}`)
  const counts = `${held} held, ${failed.documented} failed, ${failed.inferred + failed.fake} differ, ${skipped} skipped`
  const lines = [
    'TAP version 14',
    `# ${serverText(results)}`,
    `1..${points.length}`,
    ...points,
    `# ${counts}; ${createdText(results)}`,
    `# ${verdictOf(results)}`
  ]
  return `${lines.join('\n')}\n`
}

function point(result: CaseResult, number: number): string {
  // The id comes last, so that no title can end with the brace that begins a subtest.
  const name = `${number} - ${described(`${result.title} (${result.id})`)}`
  if (result.outcome === 'skipped')
    return `ok ${name} # SKIP ${described(result.reason ?? '')}`.trimEnd().replace(/\{$/, '{.')
  return result.outcome === 'held' ? `ok ${name}` : `not ok ${name}\n${diagnostics(result)}`
}

/** A description may hold no directive. */
const described = (text: string) => oneLine(text).replace(/[\\#]/g, '\\$&')

/** A double-quoted scalar, the same in JSON and YAML. */
const quoted = (text: string) => JSON.stringify(oneLine(text))

function diagnostics(result: CaseResult): string {
  const observed = observedText(result)
  const lines = [
    '---',
    `id: ${quoted(result.id)}`,
    `source: ${result.source}`,
    result.rules.length > 0 ? 'rules:' : 'rules: []',
    ...result.rules.flatMap(id => item({ id, source: rules[id].source, text: rules[id].text })),
    result.differences.length > 0 ? 'differences:' : 'differences: []',
    ...result.differences.flatMap(({ step, expected, seen }) => item({ step, expected, seen })),
    ...(observed ? [`observed: ${quoted(observed)}`] : []),
    `requests: ${result.requests}`,
    `duration_ms: ${Math.round(result.duration)}`,
    '...'
  ]
  return lines.map(line => `  ${line}`).join('\n')
}

const item = (members: Record<string, string>): string[] =>
  Object.entries(members).map(([name, value], index) => `  ${index === 0 ? '-' : ' '} ${name}: ${quoted(value)}`)
