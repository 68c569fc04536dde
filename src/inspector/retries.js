/** @import { Brief, Step, Thread, View } from './types.ts' */
import { call, of, useLoaded } from './control.js'
import { useKeys } from './help.js'
import { useJournal, useNews } from './journal.js'
import { diffOf } from './json.js'
import { search } from './list.js'
import { Account, Failure, Status } from './parts.js'
import { html, useMemo, useState } from './preact.js'
import { counted, duration, instant, timeOf, visible } from './text.js'
import { stepsOf, threadsOf, verdictOf, windowMilliseconds } from './threads.js'

const mostThreads = 200

/** Words for those who see no colour. @type {Record<Step['kind'], [word: string, tone: string]>} */
const words = {
  created: ['created', 'good'],
  again: ['created again', 'differs'],
  lost: ['answer lost', 'differs'],
  replayed: ['replayed', 'info'],
  mismatch: ['mismatch', 'bad'],
  refused: ['refused', 'bad'],
  failed: ['failed', 'differs']
}

/** @param {{ kind: Step['kind'] }} props */
const Kind = ({ kind }) => html`<span class=${`tag ${words[kind][1]}`}>${words[kind][0]}</span>`

/** Requests with one idempotency key, as one thread. @param {View} view */
export function Retries({ account, path }) {
  const news = useNews()
  const { entries } = useJournal()
  const [repeated, setRepeated] = useState(true)
  const threads = useMemo(() => threadsOf(entries), [news])
  const passing = threads.filter(
    thread => (account === '' || thread.account === account) && (!repeated || thread.entries.length > 1)
  )
  const chosen = threads.find(({ id }) => id === path.join('/'))
  const keyless = entries.filter(({ findings }) =>
    findings.some(({ code }) => code === 'missing_idempotency_key')
  ).length
  const move = (/** @type {number} */ step) => {
    const links = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('.threads a')])
    const index = links.indexOf(/** @type {HTMLElement} */ (document.activeElement))
    links[Math.max(0, Math.min(links.length - 1, index + step))]?.focus()
  }
  const close = () => location.assign('#/retries')
  useKeys({ j: () => move(1), k: () => move(-1), Escape: () => chosen && close() })
  return html`
    <h1 class="unseen">Retries</h1>
    <div class="toolbar">
      <label class="check">
        <input type="checkbox" checked=${repeated} onChange=${() => setRepeated(!repeated)} /> Only keys that came more than once
      </label>
      <span class="count">${counted(passing.length, 'key')}</span>
      ${keyless > 0 && html`<button type="button" title="A retry of these creates a second one" onClick=${() => search('missing_idempotency_key')}>${counted(keyless, 'request')} without a key</button>`}
    </div>
    <div class=${chosen ? 'split' : 'whole'}>
      <div class="threads" tabindex="0" role="region" aria-label="Idempotency keys">
        ${passing.length === 0 && html`<div class="empty"><h2>No retry yet</h2><p>Requests that bring the same Idempotency-Key are put together here, so that you see whether a retry made a second carrier.</p></div>`}
        <ul>${passing.slice(0, mostThreads).map(thread => html`<${Line} key=${thread.id} thread=${thread} chosen=${thread === chosen} />`)}</ul>
        ${passing.length > mostThreads && html`<p class="faint">${passing.length - mostThreads} older keys are not shown</p>`}
      </div>
      ${chosen && html`<${Whole} key=${chosen.id} thread=${chosen} news=${news} close=${close} />`}
    </div>`
}

/** @param {{ thread: Thread, chosen: boolean }} props */
function Line({ thread, chosen }) {
  const kinds = stepsOf(thread.entries).map(({ kind }) => kind)
  const { good, text } = verdictOf(thread)
  return html`
    <li>
      <a href=${`#/retries/${thread.id}`} aria-current=${chosen}>
        <span class="line"><b>${visible(thread.key)}</b> <${Account} id=${thread.account} /></span>
        <span class="line">${kinds.slice(0, 6).map(kind => html`<${Kind} kind=${kind} /> `)}${kinds.length > 6 && `and ${kinds.length - 6} more`}</span>
        <span class=${good ? 'faint' : 'bad'}>${text}</span>
      </a>
    </li>`
}

/** @param {{ thread: Thread, news: number, close: () => void }} props */
function Whole({ thread, news, close }) {
  const clock = useLoaded(() => call('GET', 'clock', { query: of(thread.account ?? '') }), thread.id, news).value
  const steps = stepsOf(thread.entries)
  const { good, text } = verdictOf(thread)
  const made = thread.entries.findLast(({ committed }) => committed)
  const left = made && clock ? Date.parse(made.at) + windowMilliseconds - Date.parse(clock.now) : undefined
  return html`
    <section class="detail" aria-label="Thread">
      <header>
        <h2>Key <b>${visible(thread.key)}</b></h2>
        <button type="button" class="close" onClick=${close}>Close</button>
      </header>
      <p class=${`verdict ${good ? 'good' : 'bad'}`}>${text}</p>
      <ol class="timeline">
        ${steps.map((step, index) => html`<${Moment} key=${step.entry.id} step=${step} before=${steps[index - 1]?.entry} first=${firstOf(steps, index)} />`)}
        ${
          left !== undefined &&
          html`<li class="gap"><span class="tag">${left > 0 ? 'kept' : 'expired'}</span>
            ${left > 0 ? ` The answer is kept for ${duration(left)} more.` : ' The 24 hours are over: the key is free again.'}</li>`
        }
      </ol>
    </section>`
}

/** The request whose answer another one got. @param {Step[]} steps @param {number} index */
const firstOf = (steps, index) => steps.slice(0, index).findLast(({ entry }) => entry.committed)?.entry

/** @param {{ step: Step, before: Brief | undefined, first: Brief | undefined }} props */
function Moment({ step: { entry, kind, text }, before, first }) {
  const passed = before && Date.parse(entry.at) - Date.parse(before.at)
  return html`
    ${
      passed !== undefined && kind === 'again' && passed >= windowMilliseconds
        ? html`<li class="gap"><span class="tag">expired</span> ${duration(passed)} passed: the key was free again.</li>`
        : null
    }
    <li class=${`moment ${words[kind][1]}`}>
      <a href=${`#/requests/${entry.id}`} title=${`${instant(entry.at)} UTC`}>${timeOf(entry.at)}</a>
      ${passed !== undefined && html` <span class="faint">+${duration(passed)}</span>`}
      ${' '}<${Kind} kind=${kind} /> <${Status} entry=${entry} />
      <p>${text}.</p>
      ${kind === 'mismatch' && first && html`<${Diff} first=${first} second=${entry} />`}
    </li>`
}

/** @param {{ first: Brief, second: Brief }} props */
function Diff({ first, second }) {
  const load = () => Promise.all([first, second].map(({ id }) => call('GET', `requests/${id}`)))
  const { value, error } = useLoaded(load, `${first.id} ${second.id}`)
  if (!value) return html`<${Failure} text=${error} />`
  const [one, other] = value
  const rows = diffOf(one.body, other.body)
  if (rows.length === 0)
    return html`<p class="faint">The bodies are the same${first.path === second.path ? ', as far as they are kept' : `; the first went to ${visible(first.path)}`}.</p>`
  return html`
    <table class="diff">
      <caption>In what the bodies differ</caption>
      <thead><tr><th scope="col">Member</th><th scope="col">First</th><th scope="col">This one</th></tr></thead>
      <tbody>
        ${rows.map(
          ({ path, before, after }) => html`
            <tr>
              <th scope="row"><code>${visible(path)}</code></th>
              <td><del>${before === undefined ? 'absent' : visible(before)}</del></td>
              <td><ins>${after === undefined ? 'absent' : visible(after)}</ins></td>
            </tr>`
        )}
      </tbody>
    </table>`
}
