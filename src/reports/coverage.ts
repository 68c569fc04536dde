import type { Coverage } from '../schemas/coverage.ts'
import { type Html, html, page } from './html.ts'

type CoveredRule = Coverage['rules'][number]
type Situation = CoveredRule['situations'][number]

/** What the numbers come to, as a sentence. */
function sentence({ percent, seen, demanded, strictness }: Coverage): string {
  return `${percent} %: ${seen} of the ${demanded} situations that a suite should have with strictness ${strictness}`
}

/** For a terminal: a line for each rule that a client can do something about, and what to add. */
export function coverageText(coverage: Coverage): string {
  const { rules, missing } = coverage
  const lines = rules.filter(({ situations }) => situations.length > 0).map(lineOf)
  const additions = missing.map(({ rule, text }) => `  ${rule.padEnd(4)}  ${text}`)
  const advice = additions.length > 0 ? `\nWhat to add:\n${additions.join('\n')}\n` : ''
  const head = 'rule  source       seen  count  what it says'
  return `Coverage of the contract: ${sentence(coverage)}\n\n${head}\n${lines.join('\n')}\n${advice}`
}

function lineOf(rule: CoveredRule): string {
  const { rule: id, source, text } = rule
  return `${id.padEnd(4)}  ${source.padEnd(10)}  ${shareOf(rule).padStart(5)}  ${String(countOf(rule)).padStart(5)}  ${text}`
}

/** How many of the demanded situations were seen; a dash where none is demanded. */
function shareOf({ situations }: CoveredRule): string {
  const demanded = situations.filter(situation => situation.demanded)
  return demanded.length === 0 ? '-' : `${demanded.filter(({ count }) => count > 0).length}/${demanded.length}`
}

const countOf = ({ situations }: CoveredRule) => situations.reduce((sum, { count }) => sum + count, 0)

/** The same as a page in one file, with all rules and the ids of requests. */
export function coverageHtml(coverage: Coverage): string {
  const { missing, rules, percent } = coverage
  return page(
    'Coverage of the contract',
    html`<p>${sentence(coverage)}</p>
<p><meter min="0" max="100" value="${percent}" aria-label="Coverage">${percent} %</meter></p>
${
  missing.length > 0 &&
  html`<h2>What to add</h2>
<div class="wide"><table>
<tbody>
${missing.map(({ rule, text }) => html`<tr><th scope="row"><a href="#rule-${rule}">${rule}</a></th><td>${text}</td></tr>\n`)}</tbody></table></div>`
}
<h2>By rule</h2>
<div class="wide"><table>
<thead><tr><th>Rule</th><th>Source</th><th>What it says</th><th class="number">Seen</th><th>What requests did</th></tr></thead>
<tbody>
${rules.map(row)}</tbody></table></div>`
  )
}

function row(rule: CoveredRule): Html {
  const { rule: id, source, text, situations, note } = rule
  const share = situations.length > 0 && shareOf(rule)
  return html`<tr id="rule-${id}"><th scope="row">${id}</th><td class="word">${source}</td><td>${text}</td><td class="number">${share}</td><td>${note ? html`<span class="faint">${note}</span>` : situations.map(line)}</td></tr>\n`
}

function line({ kind, text, demanded, count, first }: Situation): Html {
  const name = html`${text} <span class="faint">(${kind === 'violated' ? 'breaks it' : 'keeps it'})</span>`
  if (count === 0) {
    const mark = demanded ? html`<span class="bad">missing</span>` : html`<span class="faint">not asked for</span>`
    return html`<div>${mark} ${name}</div>`
  }
  const ids = first.map(id => html`<div><code>${id}</code></div>`)
  return html`<details><summary><span class="good">${count}</span> ${name}</summary>${ids}</details>`
}
