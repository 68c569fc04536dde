/** @import { Brief, VNode } from './types.ts' */
import { html } from './preact.js'
import { hueOf, short, visible } from './text.js'

/** An account: a colour, and as much of its id as tells it. @param {{ id: string | null }} props */
export const Account = ({ id }) => html`
  <span class="account" title=${id ?? 'The key names no account'}>
    ${id !== null && html`<span class="swatch" style=${{ '--hue': hueOf(id) }}></span>`}${short(id)}
  </span>`

/** @type {Record<string, string>} */
const tones = { created: 'good', read: 'good', deleted: 'good', replayed: 'info', refused: 'bad', faulted: 'differs' }

/** @param {{ entry: Brief }} props */
export const Outcome = ({ entry }) => html`<span class=${`tag ${tones[entry.outcome]}`}>${entry.outcome}</span>`

/** @param {number | null} status */
export const statusText = status => (status === null ? 'none' : String(status))

/** @param {{ entry: Brief }} props */
export const Status = ({ entry: { status } }) =>
  html`<span class=${status !== null && status < 400 ? 'good' : 'bad'}>${statusText(status)}</span>`

/** What makes a request worth a look: rules, a fault, findings. @param {Brief} entry */
export function marksOf({ rules, fault, findings, committed, outcome, status }) {
  return [
    ...rules.map(visible),
    ...(fault ? [`fault ${fault.kind === 'status' ? status : visible(fault.kind)}`] : []),
    ...(outcome === 'faulted' && committed ? ['committed'] : []),
    ...new Set(findings.map(({ code }) => brief[code] ?? visible(code).replaceAll('_', ' ')))
  ]
}

/** Findings in a word or two. @type {Record<string, string>} */
const brief = { missing_idempotency_key: 'no key', idempotency_key_reused: 'other body' }

/** @param {{ facts: [string, unknown][] }} props */
export const Facts = ({ facts }) => html`
  <dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`

/** @param {{ text: string }} props */
export const Failure = ({ text }) => (text ? html`<p class="failure" role="alert">${visible(text)}</p>` : null)

/**
 * A table that scrolls by itself where it is wide.
 * @param {{ label: string, head: string[], rows: VNode[], empty: string }} props
 */
export const Table = ({ label, head, rows, empty }) =>
  rows.length === 0
    ? html`<p class="faint">${empty}</p>`
    : html`
      <div class="wide" tabindex="0" role="region" aria-label=${label}>
        <table>
          <thead><tr>${head.map(name => html`<th scope="col">${name}</th>`)}</tr></thead>
          <tbody>${rows}</tbody>
        </table>
      </div>`

/** @type {Record<string, string>} */
export const sources = { documented: 'documented by TopCalls', inferred: 'inferred', fake: 'decided by the fake' }
