/** @import { ClockReading, Fault, FaultRequest, KeyInfo, MintedKey, View } from './types.ts' */
import { Copy } from './clipboard.js'
import { call, of, useAction, useLoaded } from './control.js'
import { useNews } from './journal.js'
import { Account, Failure, Table } from './parts.js'
import { html, useEffect, useState } from './preact.js'
import { instant, short, visible } from './text.js'

/** @type {{ name: string, text: string, fault: FaultRequest }[]} */
const presets = [
  { name: 'Lost answer', text: 'done, then a TCP reset', fault: { phase: 'after', kind: 'reset', times: 1 } },
  { name: '503 twice', text: 'nothing is done', fault: { kind: 'status', status: 503, times: 2 } },
  {
    name: '429, Retry-After',
    text: 'once, for 2 seconds',
    fault: { kind: 'status', status: 429, headers: { 'Retry-After': '2' }, times: 1 }
  },
  { name: 'Slow', text: 'done, answered 5 s late', fault: { phase: 'after', kind: 'delay', delay: '5s', times: 1 } },
  { name: 'Dripping', text: 'done, 50 bytes per second', fault: { kind: 'slow', bytes_per_second: 50, times: 1 } },
  { name: 'Hang', text: 'done, never answered', fault: { phase: 'after', kind: 'hang', times: 1 } },
  { name: 'Pending number', text: 'waits for the overview', fault: { kind: 'pending', times: 1 } }
]

const parts = [
  'carriers',
  'phone_numbers',
  'idempotency',
  'requests',
  'faults',
  'keys',
  'rate_limits',
  'clock',
  'coverage'
]
const usual = parts.filter(part => part !== 'coverage')

/** Everything that steers an account, or all of them. @param {View} view */
export function Controls({ account }) {
  return html`
    <div class="page">
      <h1>Controls</h1>
      <p>${account ? html`Of the account <${Account} id=${account} />` : 'Of all accounts. Choose one above to steer it alone.'}</p>
      <div class="cards" key=${account}>
        <div class="stack"><${Clock} account=${account} /><${Keys} account=${account} /></div>
        <div class="stack"><${Faults} account=${account} /><${Reset} account=${account} /></div>
      </div>
    </div>`
}

/** @param {{ account: string }} props */
function Clock({ account }) {
  const { act, error, turn } = useAction()
  const [custom, setCustom] = useState('7d')
  const load = async () => ({ ...(await call('GET', 'clock', { query: of(account) })), readAt: Date.now() })
  /** @type {{ value: (ClockReading & { readAt: number }) | undefined, error: string }} */
  const { value, error: unread } = useLoaded(load, account, turn)
  const [, draw] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => draw(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  const now =
    value && (value.frozen ? value.now : new Date(Date.parse(value.now) + Date.now() - value.readAt).toISOString())
  /** @param {object} change */
  const steer = change => act(() => call('POST', 'clock', { body: { ...of(account), ...change } }))
  return html`
    <section class="card" aria-labelledby="clock">
      <h2 id="clock">Clock</h2>
      <p class="big"><time>${now ? instant(now.slice(0, 19)) : '…'}</time> UTC</p>
      <p class="faint">${value && `${value.frozen ? 'It stands still' : 'It runs'}; ${value.own ? 'the account has one of its own' : 'it is the common one'}.`}</p>
      <p class="buttons">
        <button type="button" onClick=${() => steer({ advance: '1h' })}>+1 h</button>
        <button type="button" onClick=${() => steer({ advance: '24h' })}>+24 h</button>
        <button type="button" onClick=${() => steer({ freeze: !value?.frozen })}>${value?.frozen ? 'Let it run' : 'Freeze'}</button>
      </p>
      <form class="buttons" onSubmit=${(/** @type {Event} */ event) => [event.preventDefault(), steer({ advance: custom.trim() })]}>
        <label>Time to pass <input class="small" value=${custom} onInput=${(/** @type {any} */ event) => setCustom(event.target.value)} /></label>
        <button type="submit">Advance</button>
      </form>
      <${Failure} text=${error || unread} />
    </section>`
}

/** @param {{ account: string }} props */
function Faults({ account }) {
  const { act, error, turn } = useAction()
  const news = useNews()
  /** @type {{ value: { data: Fault[] } | undefined, error: string }} */
  const { value, error: unread } = useLoaded(() => call('GET', 'faults', { query: of(account) }), account, turn + news)
  const rows = (value?.data ?? []).map(
    fault => html`
      <tr key=${fault.id}>
        <td><b>${visible(fault.kind)}</b> ${fault.status ?? fault.delay ?? ''} <span class="faint">${fault.phase}${fault.account_id === null && ', for all'}</span>${!account && fault.account_id && html` <${Account} id=${fault.account_id} />`}</td>
        <td class="number">${fault.fired} ×</td>
        <td class="number">${fault.remaining === 0 ? 'spent' : (fault.remaining ?? 'no end')}</td>
        <td><button type="button" aria-label=${`Disarm ${fault.kind}`} onClick=${() => act(() => call('DELETE', `faults/${fault.id}`))}>Disarm</button></td>
      </tr>`
  )
  return html`
    <section class="card" aria-labelledby="faults">
      <h2 id="faults">Faults</h2>
      <div class="presets">
        ${presets.map(
          ({ name, text, fault }) => html`
            <button type="button" onClick=${() => act(() => call('POST', 'faults', { body: { ...of(account), ...fault } }))}>
              <b>${name}</b><small>${text}</small>
            </button>`
        )}
      </div>
      <${Table} label="Armed faults" head=${['Armed', 'Fired', 'Left', 'Action']} rows=${rows} empty="Nothing is armed." />
      <${Failure} text=${error || unread} />
    </section>`
}

/** @param {{ account: string }} props */
function Keys({ account }) {
  const { act, error, turn } = useAction()
  const [minted, setMinted] = useState(/** @type {MintedKey | undefined} */ (undefined))
  const [reading, setReading] = useState(false)
  /** @type {{ value: { data: KeyInfo[] } | undefined, error: string }} */
  const { value, error: unread } = useLoaded(() => call('GET', 'keys', { query: of(account) }), account, turn)
  const mint = () =>
    act(async () => {
      const scopes = reading ? { scopes: ['phone_numbers:read'] } : {}
      setMinted(await call('POST', 'keys', { body: { ...of(account), ...scopes } }))
    })
  const rows = (value?.data ?? []).map(
    ({ id, account_id, scopes, revoked, expires_at }) => html`
      <tr key=${id}>
        <td><code>${short(id)}</code>${!account && html` <${Account} id=${account_id} />`}</td>
        <td title=${scopes.join(' ')}>${scopes.length === 9 ? 'all' : scopes.join(' ') || 'none'}</td>
        <td>${revoked ? 'revoked' : expires_at ? `until ${instant(expires_at)}` : 'valid'}</td>
        <td>${!revoked && html`<button type="button" aria-label=${`Revoke ${short(id)}`} onClick=${() => act(() => call('DELETE', `keys/${id}`))}>Revoke</button>`}</td>
      </tr>`
  )
  return html`
    <section class="card" aria-labelledby="keys">
      <h2 id="keys">Keys</h2>
      <p class="buttons">
        <button type="button" onClick=${mint}>Mint a key${!account && ' of a new account'}</button>
        <label class="check"><input type="checkbox" checked=${reading} onChange=${() => setReading(!reading)} /> for reading only</label>
      </p>
      ${minted && html`<p role="status" class="note">It is told this once: <code>${minted.key}</code> <${Copy} label="Copy" text=${() => minted.key} /></p>`}
      <${Table} label="Listed keys" head=${['Key', 'Scopes', 'State', 'Action']} rows=${rows} empty="No key is listed: any well-formed one counts, unless the server wants listed keys." />
      <${Failure} text=${error || unread} />
    </section>`
}

/** @param {{ account: string }} props */
function Reset({ account }) {
  const { act, error } = useAction()
  const [chosen, setChosen] = useState(usual)
  const [sure, setSure] = useState(false)
  const [done, setDone] = useState('')
  const whose = account ? 'this account' : 'all accounts'
  const reset = () => {
    if (!sure) return setSure(true)
    setSure(false)
    act(async () => {
      await call('POST', 'reset', { body: { ...of(account), parts: chosen } })
      setDone(`Was reset: ${chosen.join(', ').replaceAll('_', ' ')}.`)
    })
  }
  /** @param {string} part */
  const toggle = part => setChosen(chosen.includes(part) ? chosen.filter(one => one !== part) : [...chosen, part])
  return html`
    <section class="card" aria-labelledby="reset">
      <h2 id="reset">Reset</h2>
      <p>Back to the seed file, or to nothing. This cannot be undone.</p>
      <fieldset>
        <legend>What</legend>
        ${parts.map(part => html`<label class="check"><input type="checkbox" checked=${chosen.includes(part)} onChange=${() => toggle(part)} /> ${part.replaceAll('_', ' ')}</label>`)}
      </fieldset>
      <p class="buttons">
        <button type="button" class=${sure ? 'danger' : ''} disabled=${chosen.length === 0} onClick=${reset} onBlur=${() => setSure(false)}>
          ${sure ? `Yes, reset ${whose}` : `Reset ${whose}`}
        </button>
      </p>
      <p role="status">${done}</p>
      <${Failure} text=${error} />
    </section>`
}
