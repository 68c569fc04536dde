/** @import { Entry, Rule } from './types.ts' */
import { Copy } from './clipboard.js'
import { call, useLoaded } from './control.js'
import { journal } from './journal.js'
import { Json } from './json.js'
import { Account, Facts, Failure, Outcome, Status, sources } from './parts.js'
import { html, useEffect, useRef } from './preact.js'
import { counted, curlOf, instant, milliseconds, visible } from './text.js'
import { threadId } from './threads.js'

/** @type {Promise<Map<string, Rule>> | undefined} */
let known

/** What the rules say, which does not change while the server runs. */
export function knownRules() {
  known ??= call('GET', 'coverage').then(
    ({ rules }) => new Map(rules.map((/** @type {Rule} */ one) => [one.rule, one]))
  )
  known.catch(() => {
    known = undefined
  })
  return known
}

/** One request with its answer. @param {{ id: string, close: () => void }} props */
export function Detail({ id, close }) {
  const load = async () => ({
    entry: await call('GET', `requests/${encodeURIComponent(id)}`),
    rules: await knownRules()
  })
  const { value, error } = useLoaded(load, id)
  const heading = useRef(/** @type {HTMLElement | null} */ (null))
  // Who opened it from the keyboard goes on reading there; who steps through the list stays in the list.
  useEffect(() => heading.current?.focus(), [])
  return html`
    <section class="detail" aria-label="Detail">
      <header>
        <h2 tabindex="-1" ref=${heading}>
          ${value ? html`<b>${visible(value.entry.method)}</b> ${visible(value.entry.path)}` : 'Request'}
        </h2>
        <button type="button" class="close" onClick=${close}>Close</button>
      </header>
      <${Failure} text=${error} />
      ${value && html`<${Whole} entry=${value.entry} rules=${value.rules} />`}
    </section>`
}

/** @param {{ entry: Entry, rules: Map<string, Rule> }} props */
function Whole({ entry, rules }) {
  const { account_id, at, idempotency_key: key, fault, committed, findings, answer } = entry
  const notes = notesOf(entry)
  const relatives = journal.entries.filter(one => one.idempotency_key === key && one.account_id === account_id).length
  const facts = /** @type {[string, unknown][]} */ ([
    ['Status', html`<${Status} entry=${entry} /> ${entry.status === null && 'no answer was sent'}`],
    ['Outcome', html`<${Outcome} entry=${entry} />`],
    ['Committed', committed ? 'yes, this request changed what is stored' : 'no, nothing is stored of it'],
    ['Fault', fault && `${visible(fault.kind)}, ${fault.phase} it was handled`],
    [
      'Key',
      key !== null &&
        html`<a href=${`#/retries/${threadId(entry)}`}>${visible(key)}</a> (${counted(relatives, 'request')})`
    ],
    ['Account', html`<${Account} id=${account_id} />`],
    ['Answered', `${instant(at)} UTC`],
    ['Took', milliseconds(entry.duration_ms)],
    ['Id', html`<code>${entry.id}</code>`]
  ]).filter(([, value]) => value)
  return html`
    ${entry.rules.length > 0 && html`<h3>Why it was refused</h3><ul class="reasons">${entry.rules.map(id => html`<${Reason} id=${id} rule=${rules.get(id)} />`)}</ul>`}
    ${
      findings.length > 0 &&
      html`<h3>Worth knowing</h3>
        <ul class="reasons mild">${findings.map(({ code, path, message }) => html`<li><span class="tag">${visible(code)}</span> ${path && html`<code>${visible(path)}</code> `}${visible(message)}</li>`)}</ul>`
    }
    <${Facts} facts=${facts} />
    <p class="buttons">
      <${Copy} label="Copy as curl" text=${() => curlOf(entry)} />
      <${Copy} label="Copy as verify expectation" text=${() => expectationOf(entry)} />
    </p>
    <div class="sides">
      <${Side} title="Request" headers=${entry.headers} body=${entry.body} notes=${notes}
        none=${withoutJson(entry)} />
      <${Side} title=${fault && entry.outcome === 'faulted' ? 'Answer, before the fault took it' : 'Answer'}
        headers=${answer.headers} body=${answer.body} notes=${new Map()} none="No body" />
    </div>`
}

/** What is said where there is no JSON to show. @param {Entry} entry */
function withoutJson({ body_bytes, headers }) {
  if (body_bytes > 0) return `${counted(body_bytes, 'byte')} that are no JSON`
  return Number(headers['content-length']) > 0 || headers['transfer-encoding'] ? 'A body that was not read' : 'No body'
}

/** @param {{ id: string, rule: Rule | undefined }} props */
const Reason = ({ id, rule }) => html`
  <li>
    <a class="rule" href=${`#/contract/${encodeURIComponent(id)}`} title="In the ledger">${visible(id)}</a>
    ${rule ? html` ${rule.text} <span class="faint">(${sources[rule.source]})</span>` : ' a rule that this page does not know'}
  </li>`

/** @param {{ title: string, headers: Record<string, string>, body: unknown, notes: Map<string, string[]>, none: string }} props */
function Side({ title, headers, body, notes, none }) {
  const lines = Object.entries(headers).map(([name, value]) => {
    const said = [...notes].find(([path]) => path.toLowerCase() === name)?.[1]
    const text = html`<dt>${visible(name)}: </dt><dd>${visible(value)}${said?.map(one => html`<p>${visible(one)}</p>`)}</dd>`
    return html`<div class=${said ? 'marked' : ''}>${text}</div>`
  })
  const inBody = new Map([...notes].filter(([path]) => !Object.hasOwn(headers, path.toLowerCase())))
  return html`
    <section aria-label=${title}>
      <h3>${title}</h3>
      ${body === null ? html`<p class="faint">${none}</p>` : html`<${Json} value=${body} notes=${inBody} label=${`Body of the ${title.toLowerCase()}`} />`}
      <details open><summary>${counted(lines.length, 'header')}</summary><dl class="headers">${lines}</dl></details>
    </section>`
}

/** What is to be said of members of the request, by path. @param {Entry} entry */
function notesOf({ answer, findings }) {
  const errors = /** @type {{ errors?: { path: string, message: string }[] } | null} */ (answer.body)?.errors
  /** @type {Map<string, string[]>} */
  const notes = new Map()
  for (const { path, message } of [...(Array.isArray(errors) ? errors : []), ...findings]) {
    if (typeof path === 'string') notes.set(path, [...(notes.get(path) ?? []), message])
  }
  return notes
}

/** What `POST /_topcalls/v1/requests/verify` and `control.requests.verify()` take. @param {Entry} entry */
function expectationOf({ account_id, method, path, status, outcome, idempotency_key, committed, body }) {
  const members = body === null ? {} : { body: withoutSecrets(body) }
  const match = { method, path, status, outcome, idempotency_key, committed, ...members }
  return JSON.stringify({ ...(account_id && { account: account_id }), match, at_least: 1 }, null, 2)
}

/** The journal does not know secrets, so nobody can ask for them. @param {unknown} value @returns {unknown} */
function withoutSecrets(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const members = Object.entries(value).filter(([, member]) => member !== '[redacted]')
  return Object.fromEntries(members.map(([name, member]) => [name, withoutSecrets(member)]))
}
