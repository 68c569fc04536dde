import { oneLine } from '../../reports/text.ts'
import { type RuleId, rules, type Source } from '../../topcalls/rules.ts'
import type { CaseResult, Difference, Results } from '../results.ts'

// What all reporters say in the same words.

/** The groups of cases, in the order of their weight. */
export const sources = ['documented', 'inferred', 'fake'] as const satisfies Source[]

export const sourceTexts: Record<Source, string> = {
  documented: 'documented by TopCalls',
  inferred: 'inferred',
  fake: "the fake's own decision"
}

export function ruleText(id: RuleId): string {
  const { source, text } = rules[id]
  return `${id} (${sourceTexts[source]}): ${text}`
}

/** A difference in one line. */
export function differenceText({ step, expected, seen }: Difference): string {
  return oneLine(`${step}: expected ${expected}, saw ${seen}`)
}

/** Where the answers fit a behaviour that can be written down. */
export function observedText({ observed }: CaseResult): string | undefined {
  if (!observed) return undefined
  const value = JSON.stringify(observed.value) ?? 'undefined'
  return oneLine(`the answers fit the observed behaviour ${observed.name} = ${value}: run with --save to write it down`)
}

/** Which server it was, as the end of a sentence. */
export function serverText({ url, server }: Results): string {
  const what = server
    ? `fake-topcalls ${server.version}, strictness ${server.strictness}`
    : 'a server without control plane'
  return oneLine(`${url} (${what})`)
}

/** What the run has left on the server. */
export function createdText({ requests, created, left }: Results): string {
  const rest =
    left === 0 ? 'nothing is left of it' : `${left} could not be deleted and ${left === 1 ? 'is' : 'are'} left`
  const made = created === 0 ? 'nothing created' : `${created} created, ${rest}`
  return `${requests} ${requests === 1 ? 'request' : 'requests'}, ${made}.`
}

/** How a case is called that did not hold: what is documented fails, a guess differs. */
export const wordOf = ({ outcome, source }: CaseResult): string =>
  outcome !== 'failed' ? outcome : source === 'documented' ? 'failed' : 'differs'
