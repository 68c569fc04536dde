import { type Html, html as markup, page } from '../../reports/html.ts'
import { type Rule, type RuleId, rules } from '../../topcalls/rules.ts'
import { type CaseResult, countsOf, exitCodeOf, type Results, verdictOf } from '../results.ts'
import { createdText, observedText, serverText, sourceTexts, wordOf } from './words.ts'

/** One page in one file, for people who were not there: no script, no network. */
export function html(results: Results): string {
  const { cases } = results
  const failed = cases.filter(({ outcome }) => outcome === 'failed')
  const documented = failed.filter(({ source }) => source === 'documented')
  const others = failed.filter(({ source }) => source !== 'documented')
  return page(
    'Contract cases',
    markup`${head(results)}
${differing('Documented rules that failed', documented)}
${differing('Inferred rules and decisions of the fake that differ', others)}
${matrix(cases)}
${skippedCases(cases.filter(({ outcome }) => outcome === 'skipped'))}`
  )
}

const classes: Record<string, string> = { held: 'good', failed: 'bad', differs: 'differs', skipped: 'skipped' }

const mark = (word: string) => markup`<span class="${classes[word] ?? ''}">${word}</span>`

function head(results: Results): Html {
  const { held, failed, skipped } = countsOf(results)
  const counts = { held, failed: failed.documented, differs: failed.inferred + failed.fake, skipped }
  const verdict = { 0: 'good', 1: 'bad', 3: 'differs' }[exitCodeOf(results)]
  return markup`<p class="faint">${serverText(results)}, ${results.startedAt.toISOString()}, ${(results.duration / 1_000).toFixed(1)} s</p>
<p class="verdict ${verdict}">${verdictOf(results)}</p>
<ul class="counts">
${Object.entries(counts).map(([word, count]) => markup`<li><b>${count}</b> ${mark(word)}</li>\n`)}</ul>
<p>${createdText(results)}</p>`
}

function differing(title: string, cases: CaseResult[]): Html | false {
  if (cases.length === 0) return false
  return markup`<h2>${title}</h2>
<div class="wide"><table class="columns">
<thead><tr><th class="third">Case</th><th class="step">Step</th><th>Expected</th><th>Seen</th></tr></thead>
${cases.map(rows)}</table></div>`
}

function rows(result: CaseResult): Html {
  const [first, ...others] = result.differences
  const observed = observedText(result)
  return markup`<tbody id="${anchorOf(result)}">
<tr><th scope="rowgroup" rowspan="${Math.max(1, result.differences.length)}"><p>${result.title}</p>
<p class="faint">${result.id}</p>
${result.rules.map(id => markup`<p class="faint"><a href="#rule-${id}">${id}</a> ${sourceTexts[rules[id].source]}: ${rules[id].text}</p>\n`)}${observed && markup`<p class="note">${observed}</p>`}</th>
${first ? cells(first) : markup`<td colspan="3">it did not hold</td>`}</tr>
${others.map(one => markup`<tr>${cells(one)}</tr>\n`)}</tbody>
`
}

const cells = ({ step, expected, seen }: CaseResult['differences'][number]) =>
  markup`<td>${step}</td><td><code>${expected}</code></td><td><code>${seen}</code></td>`

/** Every rule with its cases: also those that no case of this run proves. */
function matrix(cases: CaseResult[]): Html {
  const entries = Object.entries(rules) as [RuleId, Rule][]
  return markup`<h2>By rule</h2>
<div class="wide"><table>
<thead><tr><th>Rule</th><th>Source</th><th>What it says</th><th>Cases</th></tr></thead>
<tbody>
${entries.map(([id, { source, text, unseen }]) => {
  const own = cases.filter(one => one.rules.includes(id))
  const none = markup`<span class="faint">no case${unseen && `: ${unseen}`}</span>`
  return markup`<tr id="rule-${id}"><th scope="row">${id}</th><td class="word">${source}</td><td>${text}</td><td>${own.length === 0 ? none : own.map(line)}</td></tr>\n`
})}</tbody></table></div>`
}

function line(result: CaseResult): Html {
  const word = wordOf(result)
  const linked = result.outcome === 'failed' ? markup`<a href="#${anchorOf(result)}">${result.id}</a>` : result.id
  return markup`<div>${mark(word)} ${linked}</div>`
}

function skippedCases(cases: CaseResult[]): Html | false {
  if (cases.length === 0) return false
  return markup`<h2>Skipped: ${cases.length}</h2>
<div class="wide"><table>
<thead><tr><th>Case</th><th>Rules</th><th>Why</th></tr></thead>
<tbody>
${cases.map(({ id, title, rules: own, reason }) => markup`<tr><td>${title}<br><span class="faint">${id}</span></td><td>${own.join(', ')}</td><td>${reason ?? 'no reason'}</td></tr>\n`)}</tbody></table></div>`
}

/** Ids of cases are text of a file; white space would end the value that a link points to. */
const anchorOf = ({ id }: CaseResult) => `case-${encodeURIComponent(id.toWellFormed())}`
