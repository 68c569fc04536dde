import { Contract } from './contract.js'
import { call, followed, giveToken, tokenWanted, useLoaded } from './control.js'
import { Controls } from './controls.js'
import { Help, onKey } from './help.js'
import { connection, follow, useJournal } from './journal.js'
import { Requests } from './list.js'
import { Overview } from './overview.js'
import { Failure } from './parts.js'
import { html, render, useEffect, useMemo, useRef, useState } from './preact.js'
import { Retries } from './retries.js'
import { short } from './text.js'

/** @type {Record<string, [name: string, view: (view: import('./types.ts').View) => unknown]>} */
const views = {
  requests: ['Requests', Requests],
  retries: ['Retries', Retries],
  controls: ['Controls', Controls],
  overview: ['Overview', Overview],
  contract: ['Contract', Contract]
}

const words = () =>
  location.hash
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decoded)

/** @param {string} word */
function decoded(word) {
  try {
    return decodeURIComponent(word)
  } catch {
    return word
  }
}

const address = followed(words())
const account = followed('')
/** Accounts that were named by hand. */
const named = followed(/** @type {string[]} */ ([]))

function App() {
  const [name = '', ...path] = address.use()
  const [helping, setHelping] = useState(false)
  const wanted = tokenWanted.use()
  // An address may say anything, `constructor` too.
  const [title, view] = /** @type {(typeof views)[string]} */ (views[Object.hasOwn(views, name) ? name : 'requests'])
  useEffect(() => {
    const listen = (/** @type {KeyboardEvent} */ event) => onKey(event, () => setHelping(true))
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [])
  const main = useRef(/** @type {HTMLElement | null} */ (null))
  const first = useRef(true)
  useEffect(() => {
    document.title = `${title} · fake-topcalls`
    if (!first.current) main.current?.focus()
    first.current = false
  }, [title])
  return html`
    <header class="bar">
      <a class="brand" href="#/requests">fake-topcalls</a>
      <nav aria-label="Views">
        ${Object.entries(views).map(([key, [text]]) => html`<a href=${`#/${key}`} aria-current=${text === title ? 'page' : undefined}>${text}</a>`)}
        <a href="docs">API docs</a>
      </nav>
      <${Accounts} />
      <${Connection} />
      <button type="button" aria-label="Keys of the keyboard" onClick=${() => setHelping(true)}>?</button>
    </header>
    <main tabindex="-1" ref=${main} aria-label=${title}>
      ${wanted ? html`<${TokenForm} why=${wanted} />` : html`<${view} account=${account.use()} path=${path} />`}
    </main>
    ${helping && html`<${Help} close=${() => setHelping(false)} />`}`
}

const states = { connecting: 'Connecting', live: 'Live', locked: 'Locked', lost: 'No connection' }

function Connection() {
  const state = connection.use()
  return html`<span class=${`connection ${state}`} role="status">${states[state]}</span>`
}

/** Which account everything is about. */
function Accounts() {
  const { entries, turn } = useJournal()
  const chosen = account.use()
  const [naming, setNaming] = useState(false)
  const { value } = useLoaded(() => call('GET', 'keys'), 'keys', tokenWanted.use() ? 1 : 0)
  const seen = useMemo(() => [...new Set(entries.map(one => one.account_id ?? ''))], [turn])
  const listed = /** @type {{ account_id: string }[]} */ (value?.data ?? []).map(key => key.account_id)
  const all = [...new Set([chosen, ...named.use(), ...seen, ...listed])].filter(id => id !== '').sort()
  const onChange = (/** @type {any} */ event) => {
    if (event.target.value === '+') setNaming(true)
    else account.set(event.target.value)
    event.target.value = account.get()
  }
  return html`
    <span class="accounts">
      <label for="account">Account</label>
      <select id="account" aria-label="Account" value=${chosen} onChange=${onChange}>
        <option value="">all</option>
        ${all.map(id => html`<option value=${id} title=${id}>${short(id)}</option>`)}
        <option value="+">by its key…</option>
      </select>
    </span>
    ${naming && html`<${Naming} close=${() => setNaming(false)} />`}`
}

/** Chooses an account from which nothing came yet. @param {{ close: () => void }} props */
function Naming({ close }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null))
  const [error, setError] = useState('')
  useEffect(() => dialog.current?.showModal(), [])
  const onSubmit = async (/** @type {any} */ event) => {
    event.preventDefault()
    const name = new FormData(event.target).get('name')
    try {
      const { accounts } = await call('GET', 'state', { query: { account: String(name).trim() } })
      named.set([...named.get(), accounts[0].account_id])
      account.set(accounts[0].account_id)
      dialog.current?.close()
    } catch (failure) {
      setError(/** @type {Error} */ (failure).message)
    }
  }
  return html`
    <dialog ref=${dialog} onClose=${close} aria-labelledby="naming">
      <form onSubmit=${onSubmit}>
        <h2 id="naming">Account</h2>
        <p><label>Its id, or one of its keys <input name="name" required autocomplete="off" placeholder="tc_live_…" /></label></p>
        <${Failure} text=${error} />
        <p class="buttons"><button type="submit">Choose</button><button type="button" onClick=${() => dialog.current?.close()}>Cancel</button></p>
      </form>
    </dialog>`
}

/** @param {{ why: string }} props */
function TokenForm({ why }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null))
  useEffect(() => field.current?.focus(), [])
  const onSubmit = (/** @type {Event} */ event) => {
    event.preventDefault()
    giveToken(field.current?.value ?? '')
  }
  return html`
    <form class="empty" onSubmit=${onSubmit}>
      <h1>Control token</h1>
      <p role="alert">${why}</p>
      <p><label>The value of --control-token <input type="password" ref=${field} required autocomplete="off" /></label></p>
      <p class="faint">It is kept for this tab only.</p>
      <p class="buttons"><button type="submit">Go on</button></p>
    </form>`
}

addEventListener('hashchange', () => address.set(words()))
render(html`<${App} />`, document.body)
follow()
