/** @import { Coverage, Rule, View } from './types.ts' */
import { call, of, useLoaded } from './control.js'
import { useNews } from './journal.js'
import { Failure, sources } from './parts.js'
import { html, useEffect } from './preact.js'
import { counted, short } from './text.js'

/** What the letters of rules stand for. @type {Record<string, string>} */
const families = {
  R: 'Request',
  B: 'Body',
  S: 'Strict',
  A: 'Answer',
  L: 'Lists',
  C: 'Carriers',
  N: 'Numbers',
  E: 'Errors',
  J: 'JSON',
  I: 'Idempotency',
  O: 'Order'
}

/** What was seen of a rule: a word and a sign for it. @param {Rule} rule @returns {[word: string, sign: string]} */
function stateOf({ situations }) {
  const demanded = situations.filter(one => one.demanded)
  const seen = demanded.filter(({ count }) => count > 0).length
  if (demanded.length === 0) return situations.some(({ count }) => count > 0) ? ['seen', '✓'] : ['not asked for', '–']
  if (seen === demanded.length) return ['seen', '✓']
  return seen > 0 ? ['partly', `${seen}/${demanded.length}`] : ['missing', '✗']
}

/** Which rules the requests have exercised, and what the rules say. @param {View} view */
export function Contract({ account, path: [chosen] }) {
  const news = useNews()
  /** @type {{ value: Coverage | undefined, error: string }} */
  const { value, error } = useLoaded(() => call('GET', 'coverage', { query: of(account) }), account, news)
  useEffect(
    () => document.getElementById(`rule-${chosen}`)?.scrollIntoView({ block: 'center' }),
    [chosen, value === undefined]
  )
  if (!value) return html`<h1>Contract</h1><${Failure} text=${error} />`
  const { percent, seen, demanded, strictness, rules } = value
  return html`
    <div class="page">
      <h1>Contract</h1>
      <p>${percent} %: ${seen} of the ${counted(demanded, 'situation')} that a suite should have with strictness ${strictness}. The long form of each rule is in <a href="inspector/fidelity.md">docs/fidelity.md</a>.</p>
      <meter min="0" max="100" value=${percent} aria-label="Coverage">${percent} %</meter>
      <div class="matrix" role="group" aria-label="Rules">
        ${Object.entries(Object.groupBy(rules, ({ rule }) => rule.charAt(0))).map(
          ([letter, ofFamily = []]) => html`
            <div class="family">
              <span>${families[letter] ?? letter}</span>
              <ul>${ofFamily.map(rule => html`<${Tile} key=${rule.rule} rule=${rule} />`)}</ul>
            </div>`
        )}
      </div>
      <p class="faint">✓ seen · n/m partly · ✗ missing · – not asked for</p>
      <div class="wide" tabindex="0" role="region" aria-label="Ledger">
        <table class="ledger">
          <thead><tr>${['Rule', 'What it says', 'What requests did'].map(name => html`<th scope="col">${name}</th>`)}</tr></thead>
          <tbody>${rules.map(rule => html`<${Line} key=${rule.rule} rule=${rule} chosen=${rule.rule === chosen} />`)}</tbody>
        </table>
      </div>
    </div>`
}

/** @param {{ rule: Rule }} props */
function Tile({ rule }) {
  const [word, sign] = stateOf(rule)
  const label = `${rule.rule} ${sign}: ${word}`
  return html`<li><a class=${word.replaceAll(' ', '-')} href=${`#/contract/${rule.rule}`} title=${rule.text} aria-label=${label}><b>${rule.rule}</b> ${sign}</a></li>`
}

/** @param {{ rule: Rule, chosen: boolean }} props */
const Line = ({ rule: { rule, source, text, situations, note }, chosen }) => html`
  <tr id=${`rule-${rule}`} class=${chosen ? 'chosen' : ''}>
    <th scope="row">${rule}</th>
    <td>${text} <span class="faint">(${sources[source]})</span></td>
    <td>${note ? html`<span class="faint">${note}</span>` : situations.map(one => html`<${Situation} one=${one} />`)}</td>
  </tr>`

/** @param {{ one: Rule['situations'][number] }} props */
function Situation({ one: { count, text, kind, demanded, first } }) {
  const mark =
    count > 0
      ? html`<b class="good">${count} ×</b>`
      : html`<span class=${demanded ? 'bad' : 'faint'}>${demanded ? 'missing' : 'not asked for'}</span>`
  const links = first.map(id => html` <a href=${`#/requests/${id}`}>${short(id)}</a>`)
  return html`<div>${mark} ${text} <span class="faint">(${kind === 'violated' ? 'breaks it' : 'keeps it'})</span>${links}</div>`
}
