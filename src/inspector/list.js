/** @import { Brief, View, Wanted } from './types.ts' */
import { Copy } from './clipboard.js'
import { followed } from './control.js'
import { Detail } from './detail.js'
import { Grid } from './grid.js'
import { useKeys } from './help.js'
import { connection, journal, useJournal } from './journal.js'
import { statusText } from './parts.js'
import { html, useEffect, useRef, useState } from './preact.js'
import { useFound } from './search.js'
import { counted, curlOf } from './text.js'

/** Less of an id stands in too many others: B1, say, which is a rule. */
const shortestId = 6
const announcedEveryMilliseconds = 5_000

const outcomes = ['created', 'read', 'deleted', 'replayed', 'refused', 'faulted']

/** @type {Wanted} */
const everything = { outcome: '', status: '', key: '', text: '' }
const wish = followed(everything)
/** Shows the requests that have a text. @param {string} text */
export function search(text) {
  wish.set({ ...everything, text })
  location.assign('#/requests')
}

const cursor = followed('')
/** Requests behind this number are not shown while the list stands still; undefined: it does not. */
const pausedAt = followed(/** @type {number | undefined} */ (undefined))
/** Requests up to this number were cleared away. */
const clearedAt = followed(0)

/** @param {Brief} entry @param {Wanted} wanted @param {string} account @param {ReadonlySet<string>} found */
function passes({ method, path, idempotency_key: key, ...entry }, wanted, account, found) {
  if (account && entry.account_id !== account) return false
  if (wanted.outcome && entry.outcome !== wanted.outcome) return false
  if (!statusText(entry.status).startsWith(wanted.status.trim().toLowerCase().replaceAll('x', ''))) return false
  if (!(key ?? '').includes(wanted.key.trim())) return false
  if (wanted.text === '' || found.has(entry.id)) return true
  const { id, account_id, outcome, status, rules, fault, findings } = entry
  const told = [method, path, key, outcome, status, rules, fault?.kind, findings.map(one => one.code)]
  const text = told.join(' ').toLowerCase()
  const isId = (/** @type {string} */ word) =>
    word.length >= shortestId && [id, account_id].some(known => known?.startsWith(word))
  const words = wanted.text.toLowerCase().split(' ')
  return words.every(word => text.includes(word) || isId(word))
}

/** What is to be shown, oldest first: looked through once, and then only what comes. @param {string} account */
function useShown(account) {
  const { entries, cuts } = useJournal()
  const [wanted, until, floor] = [wish.use(), pausedAt.use(), clearedAt.use()]
  const found = useFound(wanted.text)
  const memory = useRef({ key: '', last: 0, found, rows: /** @type {Brief[]} */ ([]) }).current
  const key = JSON.stringify([account, wanted, until, floor, until === undefined && cuts])
  if (memory.key !== key || memory.found !== found) Object.assign(memory, { key, found, last: floor, rows: [] })
  let start = entries.length
  while (start > 0 && (entries[start - 1]?.number ?? 0) > memory.last) start--
  for (const entry of entries.slice(start)) {
    if (entry.number <= (until ?? Number.POSITIVE_INFINITY) && passes(entry, wanted, account, found))
      memory.rows.push(entry)
  }
  memory.last = journal.last
  return {
    rows: memory.rows,
    about: JSON.stringify([account, wanted, floor]),
    wanted,
    waiting: until === undefined ? 0 : journal.last - until
  }
}

/** @param {View} view */
export function Requests({ account, path: [chosen = ''] }) {
  const { rows, about, wanted, waiting } = useShown(account)
  const at = cursor.use() || chosen
  /** @param {string} id */
  const open = id => location.assign(`#/requests/${id}`)
  /** @param {number} step */
  const move = step => {
    const from = cursor.get() || chosen
    const index = rows.findIndex(({ id }) => id === from)
    const next = index === -1 ? rows.at(-1) : rows[index - step]
    if (!next) return
    cursor.set(next.id)
    if (chosen) location.replace(`#/requests/${next.id}`)
  }
  const close = () => {
    location.assign('#/requests')
    document.getElementById('requests')?.focus()
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    Enter: () => cursor.get() && open(cursor.get()),
    Escape: () => chosen && close(),
    '/': () => document.getElementById('search')?.focus()
  })
  useEffect(() => cursor.set(chosen || cursor.get()), [chosen])

  return html`
    <h1 class="unseen">Requests</h1>
    <${Toolbar} wanted=${wanted} shown=${rows.length} waiting=${waiting} aside=${chosen !== ''} />
    <div class=${chosen ? 'split' : 'whole'}>
      ${
        rows.length > 0
          ? html`<${Grid} rows=${rows} about=${about} at=${at} open=${open} />`
          : html`<${Nothing} any=${journal.entries.length > 0} />`
      }
      ${chosen && html`<${Detail} id=${chosen} close=${close} />`}
    </div>`
}

/** @param {{ wanted: Wanted, shown: number, waiting: number, aside: boolean }} props */
function Toolbar({ wanted, shown, waiting, aside }) {
  const paused = pausedAt.use() !== undefined
  /** @param {keyof Wanted} name @returns {(event: { currentTarget: HTMLInputElement }) => void} */
  const change = name => event => wish.set({ ...wish.get(), [name]: event.currentTarget.value })
  return html`
    <form class=${aside ? 'toolbar aside' : 'toolbar'} role="search" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
      <label class="grow">Search
        <input id="search" type="search" value=${wanted.text} onInput=${change('text')} autocomplete="off" />
      </label>
      <span class="field">
        <label for="outcome">Outcome</label>
        <select id="outcome" value=${wanted.outcome} onChange=${change('outcome')}>
          <option value="">any</option>
          ${outcomes.map(outcome => html`<option value=${outcome}>${outcome}</option>`)}
        </select>
      </span>
      <label>Status
        <input class="small" list="statuses" value=${wanted.status} onInput=${change('status')} autocomplete="off" />
      </label>
      <datalist id="statuses">
        ${['2xx', '4xx', '400', '401', '429', '5xx', 'none'].map(status => html`<option value=${status} />`)}
      </datalist>
      <label>Key <input class="medium" value=${wanted.key} onInput=${change('key')} autocomplete="off" /></label>
      <button type="button" aria-pressed=${paused}
        onClick=${() => pausedAt.set(paused ? undefined : journal.last)}>Pause</button>
      <button type="button" title="Only here: the server keeps them until a reset"
        onClick=${() => clearedAt.set(journal.last)}>Clear</button>
      <span class=${paused ? 'count still' : 'count'} title=${`The page keeps the last 10,000 requests${journal.gone > 0 ? `; ${counted(journal.gone, 'older one')} left it` : ''}`}>
        ${counted(shown, 'request')}${paused && `, ${waiting} waiting`}
      </span>
      ${journal.dropped > 0 && html`<span class="count still" title="The server had no room for them: --journal-entries, --journal-bytes">${journal.dropped.toLocaleString('en')} dropped</span>`}
      <${Announcement} shown=${shown} />
    </form>`
}

/** Tells those who do not see the list that it grew, and does not chatter. @param {{ shown: number }} props */
function Announcement({ shown }) {
  const latest = useRef(shown)
  const [told, tell] = useState(shown)
  latest.current = shown
  useEffect(() => {
    const timer = setInterval(() => tell(latest.current), announcedEveryMilliseconds)
    return () => clearInterval(timer)
  }, [])
  return html`<span class="unseen" role="status">${counted(told, 'request')} shown</span>`
}

/** @param {{ any: boolean }} props */
function Nothing({ any }) {
  const line = curlOf({
    method: 'POST',
    path: '/v1/phone-numbers/carriers',
    headers: { authorization: '', 'content-type': 'application/json', 'idempotency-key': 'my-first-carrier' },
    body: { carrier_name: 'My SIP provider', sip_gateway: { ipv4: '203.0.113.10' } }
  }).replace('$TOPCALLS_API_KEY', 'tc_live_demo')
  if (any)
    return html`
      <div class="empty">
        <h2>No request to show</h2>
        <p>Those that there are were cleared, or do not pass the filters.</p>
        <button type="button" onClick=${() => [wish.set(everything), clearedAt.set(0)]}>Show all</button>
      </div>`
  return html`
    <div class="empty">
      <h2>${connection.use() === 'connecting' ? 'Asking the server' : 'Nothing has arrived yet'}</h2>
      <p>Requests show up here as they come. This makes the first one:</p>
      <pre tabindex="0">${line}</pre>
      <${Copy} label="Copy" text=${() => line} />
    </div>`
}
