import { styleText } from 'node:util'
import { oneLine } from '../../reports/text.ts'
import { type CaseResult, countsOf, exitCodeOf, type Results, verdictOf } from '../results.ts'
import {
  createdText,
  differenceText,
  observedText,
  ruleText,
  serverText,
  sources,
  sourceTexts,
  wordOf
} from './words.ts'

type Stream = NodeJS.WritableStream | undefined

const colours = { held: 'green', failed: 'red', differs: 'yellow', skipped: 'cyan' } as const

/** Without a stream there are no colours; with one, it and the environment decide (NO_COLOR, FORCE_COLOR). */
const coloured = (word: string, text: string, stream: Stream): string =>
  stream ? styleText(colours[word as keyof typeof colours], text, { stream }) : text

/** For people: each case in a line, then what did not hold, and what follows. */
export function spec(results: Results, stream?: NodeJS.WritableStream): string {
  const { cases } = results
  const lines = cases.map((result, index) => progress(result, index, cases.length, stream))
  return `${heading(results)}\n${lines.join('')}${summary(results, stream)}`
}

/** The first line, which stands above the progress. */
export function heading(results: Results): string {
  return `Contract cases against ${serverText(results)}\n`
}

/**
 * The line of one case, for a terminal on which the run is followed.
 * @param index of the case, from 0
 */
export function progress(result: CaseResult, index: number, total: number, stream?: NodeJS.WritableStream): string {
  const word = wordOf(result)
  const place = `${String(index + 1).padStart(String(total).length)}/${total}`
  const end = word === 'skipped' ? `: ${result.reason ?? 'no reason'}` : ` (${Math.round(result.duration)} ms)`
  return `${place} ${coloured(word, word.padEnd(7), stream)} ${oneLine(result.title)}${oneLine(end)}\n`
}

/** What stands below the progress: what did not hold, what was skipped, and what follows. */
export function summary(results: Results, stream?: NodeJS.WritableStream): string {
  const { cases, duration } = results
  const blocks = sources.flatMap(source => {
    const failed = cases.filter(one => one.outcome === 'failed' && one.source === source)
    if (failed.length === 0) return []
    const title = source === 'documented' ? 'Documented rules that failed' : `Rules that differ: ${sourceTexts[source]}`
    return [`\n${title}\n`, ...failed.map(one => failure(one, stream))]
  })
  const { held, failed, skipped } = countsOf(results)
  const counts = [
    coloured('held', `${held} held`, stream),
    coloured('failed', `${failed.documented} failed`, stream),
    coloured('differs', `${failed.inferred + failed.fake} differ`, stream),
    coloured('skipped', `${skipped} skipped`, stream)
  ]
  const verdict = coloured({ 0: 'held', 1: 'failed', 3: 'differs' }[exitCodeOf(results)], verdictOf(results), stream)
  const seconds = (duration / 1_000).toFixed(1)
  return `${blocks.join('')}\n${counts.join(', ')} in ${seconds} s; ${createdText(results)}\n${verdict}\n`
}

function failure(result: CaseResult, stream: Stream): string {
  const word = wordOf(result)
  const observed = observedText(result)
  const lines = [
    `  ${coloured(word, oneLine(`${result.id}: ${result.title}`), stream)}`,
    ...result.rules.map(id => `    rule ${ruleText(id)}`),
    ...result.differences.map(one => `    ${differenceText(one)}`),
    ...(observed ? [`    ${observed}`] : [])
  ]
  return `${lines.join('\n')}\n`
}
