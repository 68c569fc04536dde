/** @import { CarrierView, Info, Page, PhoneNumberView, RecordView, View, VNode } from './types.ts' */
import { call, of, useAction, useLoaded } from './control.js'
import { useNews } from './journal.js'
import { Account, Facts, Failure, Table } from './parts.js'
import { html, useState } from './preact.js'
import { counted, duration, instant, short, visible } from './text.js'
import { threadId } from './threads.js'

/** @typedef {(action: () => Promise<unknown>) => void} Act does something, and has the table told anew */

const pageSize = 25
const mostRows = 1_000

/** What is stored, and what runs. @param {View} view */
export function Overview({ account }) {
  const news = useNews()
  return html`
    <div class="page">
      <h1>Overview</h1>
      <${Server} news=${news} />
      <div key=${account}>
        <${Stored} title="Carriers" path="carriers" account=${account} news=${news} head=${['Name', 'Trunk', 'Gateway', 'voip_carrier_sid', 'Created (UTC)']} row=${carrier} />
        <${Stored} title="Phone numbers" path="phone-numbers" account=${account} news=${news} head=${['Number', 'Status', 'Label', 'Carrier', 'Created (UTC)']} row=${number} />
        <${Records} account=${account} news=${news} />
      </div>
    </div>`
}

/** @param {{ news: number }} props */
function Server({ news }) {
  /** @type {{ value: Info | undefined, error: string }} */
  const { value, error } = useLoaded(() => call('GET', 'info'), 'info', news)
  if (!value) return html`<${Failure} text=${error} />`
  const { version, strictness, auth, database, seed, observed, limits, counts, dropped } = value
  const facts = /** @type {[string, unknown][]} */ ([
    ['Version', version],
    ['Strictness', strictness],
    ['Keys', auth === 'list' ? 'listed ones only' : 'any well-formed one'],
    ['Database', database === 'memory' ? 'in memory' : 'a file'],
    ['Seed', seed === null ? 'none' : seed],
    ['Observed', observed ? visible(observed.url ?? 'yes') : 'nothing, guesses hold'],
    ['Accounts', counts.accounts],
    ['Carriers', counts.carriers],
    ['Phone numbers', counts.phone_numbers],
    ['Kept answers', counts.idempotency],
    ['Requests', `${counts.requests}, at most ${counted(limits.journal_entries, 'per account', 'per account')}`],
    ['Dropped', counted(dropped, 'request')]
  ])
  return html`<section aria-labelledby="server"><h2 id="server">Server</h2><${Facts} facts=${facts} /></section>`
}

/**
 * A table of what is stored, the newest first.
 * @template Row, Notes
 * @param {{ title: string, path: string, account: string, news: number, head: string[], row: (row: Row, told: { notes: Notes | undefined, act: Act }) => VNode, note?: (rows: Row[]) => Promise<Notes> }} props
 */
function Stored({ title, path, account, news, head, row, note }) {
  const [limit, setLimit] = useState(pageSize)
  const { act, error: undone, turn } = useAction()
  const load = async () => {
    /** @type {Page<Row>} */
    const page = await call('GET', path, { query: { ...of(account), limit: String(limit) } })
    return { ...page, notes: await note?.(page.data) }
  }
  const { value, error } = useLoaded(load, `${path} ${account}`, news + limit + turn)
  const rows = (value?.data ?? []).map(one => row(one, { notes: value?.notes, act }))
  const more = value && value.total > rows.length && limit < mostRows
  return html`
    <section>
      <h2>${title} <span class="faint">${value?.total}</span></h2>
      <${Failure} text=${undone || error} />
      ${value && html`<${Table} label=${title} head=${['Account', ...head]} rows=${rows} empty="None." />`}
      ${more && html`<button type="button" onClick=${() => setLimit(Math.min(mostRows, limit * 4))}>Show more ${title.toLowerCase()}</button>`}
    </section>`
}

/** @param {CarrierView} row */
const carrier = ({ id, account_id, carrier_name, trunk_type, sip_gateway, voip_carrier_sid, created_at }) => html`
  <tr key=${id}>
    <td><${Account} id=${account_id} /></td>
    <td>${visible(carrier_name)}</td>
    <td>${trunk_type}</td>
    <td>${visible(`${sip_gateway.ipv4 ?? ''}${sip_gateway.port ? `:${sip_gateway.port}` : ''}`)}</td>
    <td title=${voip_carrier_sid}><code>${short(voip_carrier_sid)}</code></td>
    <td>${instant(created_at)}</td>
  </tr>`

/** @param {PhoneNumberView} row @param {{ act: Act }} told */
const number = ({ id, account_id, number, label, carrier_name, created_at, ...row }, { act }) => html`
  <tr key=${id}>
    <td><${Account} id=${account_id} /></td>
    <td>${number}</td>
    <td><${NumberStatus} id=${id} number=${number} ...${row} act=${act} /></td>
    <td>${visible(label ?? '')}</td>
    <td>${visible(carrier_name ?? '')}</td>
    <td>${instant(created_at)}</td>
  </tr>`

/** What a number is, and may be made. @param {Pick<PhoneNumberView, 'id' | 'number' | 'status' | 'next' | 'error_message'> & { act: Act }} props */
function NumberStatus({ id, number, status, next, error_message, act }) {
  if (status === 'deleted') return status
  /** @param {{ currentTarget: HTMLSelectElement }} event */
  const onChange = ({ currentTarget: { value } }) =>
    act(() => call('PUT', `phone-numbers/${id}/status`, { body: { status: value } }))
  return html`
    <select aria-label=${`Status of ${number}`} value=${status} onChange=${onChange}>
      ${status === 'pending' && html`<option value="pending" disabled>pending</option>`}
      ${['active', 'inactive', 'failed'].map(one => html`<option value=${one}>${one}</option>`)}
    </select>
    ${next && html`<div class="faint">${next.status} from ${instant(next.at)} on</div>`}
    ${error_message && html`<div class="faint">${visible(error_message)}</div>`}`
}

/** @param {{ account: string, news: number }} props */
function Records({ account, news }) {
  /** The clock of each account that has one of the records. @param {RecordView[]} records */
  const clocks = async records => {
    const ids = [...new Set(records.map(({ account_id }) => account_id))].slice(0, pageSize)
    const readings = ids.map(async id => [id, (await call('GET', 'clock', { query: of(id) })).now])
    return Object.fromEntries(await Promise.all(readings))
  }
  return html`<${Stored} title="Idempotency keys" path="idempotency" account=${account} news=${news} note=${clocks} head=${['Key', 'Operation', 'Status', 'Time left']} row=${record} />`
}

/** @param {RecordView} row @param {{ notes?: Record<string, string> }} told its notes: the time of each account */
function record({ account_id, key, operation, status, expires_at, expired }, { notes: clocks }) {
  const now = clocks?.[account_id]
  const left = now ? duration(Date.parse(expires_at) - Date.parse(now)) : `until ${instant(expires_at)}`
  return html`
    <tr key=${`${account_id} ${key}`}>
      <td><${Account} id=${account_id} /></td>
      <td><a href=${`#/retries/${threadId({ account_id, idempotency_key: key })}`}>${visible(key)}</a></td>
      <td>${visible(operation)}</td>
      <td>${status}</td>
      <td title=${instant(expires_at)}>${expired ? 'expired' : left}</td>
    </tr>`
}
