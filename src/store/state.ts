import type { Clock } from '../clock.ts'
import type { Violation } from '../problem.ts'
import {
  type AccountState,
  parts as allParts,
  type ClockState,
  type Part,
  type State,
  type StoredCarrier,
  type StoredRecord,
  stateVersion
} from '../schemas/state.ts'
import type { Account, AccountStore } from './accounts.ts'
import type { CarrierRow, CarrierStore } from './carriers.ts'
import type { FaultStore } from './faults.ts'
import type { IdempotencyRecord, IdempotencyStore } from './idempotency.ts'
import type { Journal } from './journal.ts'
import type { KeyStore } from './keys.ts'
import type { RateLimitStore } from './rate-limits.ts'
import type { Writer } from './writer.ts'

export interface Stores {
  accounts: AccountStore
  carriers: CarrierStore
  records: IdempotencyStore
  keys: KeyStore
  faults: FaultStore
  limits: RateLimitStore
  journal: Journal
  writer: Writer
}

export type StateStore = ReturnType<typeof stateStore>

/** Exports, imports and resets whatever belongs to an account. Documents must have passed their schema. */
export function stateStore(
  { accounts, carriers, records, keys, faults, limits, journal, writer }: Stores,
  seed?: State
) {
  const comparable = ({ fingerprint_domain }: State) => fingerprint_domain === records.fingerprintDomain

  /** Every account that has something in memory. */
  function steeredIds(): string[] {
    const ids = new Set(accounts.all().map(({ id }) => id))
    for (const { account_id } of keys.list()) ids.add(account_id)
    for (const { account_id } of faults.list()) if (account_id) ids.add(account_id)
    for (const id of limits.accountsWithLimits()) ids.add(id)
    return [...ids]
  }

  /** Every account that has something. */
  function accountIds(): string[] {
    return [...new Set([...steeredIds(), ...carriers.accounts(), ...records.accounts()])].sort()
  }

  function exportAccount(account_id: string): AccountState {
    const clock = accounts.ownClock(account_id)
    const rate_limit = limits.ownLimit(account_id)
    return {
      account_id,
      ...(clock && { clock: clockState(clock) }),
      carriers: carriers.all(account_id).map(storedCarrier),
      idempotency: records.all(account_id).map(storedRecord),
      keys: keys.list(account_id),
      ...(rate_limit !== undefined && { rate_limit }),
      faults: faults.own(account_id)
    }
  }

  /**
   * What an account of a document comes to in the tables. Ids that it leaves open are drawn here, once.
   * @param now what carriers without a date are dated with
   */
  function rowsOf({ account_id, carriers = [], idempotency = [] }: AccountState, document: State, now: number) {
    const account = accounts.find(account_id)
    return {
      carriers: carriers.map(carrier => carrierRow(carrier, account, now)),
      records: idempotency.map(record => recordRow(record, account_id, comparable(document)))
    }
  }

  /** Puts what a document says of an account in the place of what was in memory. */
  function steer(id: string, state: AccountState | undefined, parts: readonly Part[]): void {
    if (parts.includes('requests')) journal.clear(id)
    if (parts.includes('faults')) {
      faults.clear(id)
      faults.restore(id, state?.faults ?? [])
    }
    if (parts.includes('keys')) {
      keys.replace(id, [...keys.atStart(id), ...(state?.keys ?? []).map(key => ({ ...key, account_id: id }))])
    }
    if (parts.includes('rate_limits')) {
      limits.reset(id)
      if (state?.rate_limit !== undefined) limits.set(id, state.rate_limit)
    }
    if (parts.includes('clock')) {
      if (state?.clock) accounts.setClock(id, Date.parse(state.clock.now), state.clock.frozen)
      else accounts.restartClock(id)
    }
  }

  function steerCommon(document: State | undefined, parts: readonly Part[]): void {
    if (parts.includes('requests')) journal.clear(undefined)
    if (parts.includes('faults')) {
      faults.clear(undefined)
      faults.restore(null, document?.faults ?? [])
    }
    if (parts.includes('keys')) keys.replace(undefined, keys.atStart())
    if (parts.includes('rate_limits')) {
      limits.reset(undefined)
      if (document?.rate_limit) limits.set(undefined, document.rate_limit)
    }
    if (parts.includes('clock')) {
      accounts.common.restart()
      if (document?.clock) {
        accounts.common.set(Date.parse(document.clock.now))
        accounts.common.freeze(document.clock.frozen)
      }
    }
  }

  /** What the clock of an account will show once parts of it are replaced. */
  function presentAfter(whole: boolean, state: AccountState, document: State, parts: readonly Part[]): number {
    if (!parts.includes('clock')) return accounts.now(state.account_id)
    if (state.clock) return Date.parse(state.clock.now)
    if (!whole) return accounts.common.now()
    return document.clock ? Date.parse(document.clock.now) : accounts.common.unsteered()
  }

  /** Replaces parts of one account, or of all, by what a document says of them; in one transaction. */
  async function replace(
    account: string | undefined,
    document: State | undefined,
    parts: readonly Part[]
  ): Promise<void> {
    const states = (document?.accounts ?? []).filter(
      ({ account_id }) => account === undefined || account_id === account
    )
    const whole = account === undefined
    const affected = whole ? [...new Set([...steeredIds(), ...states.map(one => one.account_id)])] : [account]
    if (parts.includes('carriers')) {
      const present = new Map(states.map(one => [one.account_id, idsOf(one)]))
      for (const id of affected) accounts.find(id).restartIds(present.get(id))
    }
    const rows = states.map(one => rowsOf(one, document as State, presentAfter(whole, one, document as State, parts)))

    await writer.write(() => {
      if (parts.includes('carriers')) {
        carriers.clear(account)
        for (const row of rows.flatMap(one => one.carriers)) carriers.insert(row)
      }
      if (parts.includes('idempotency')) {
        records.clear(account)
        for (const row of rows.flatMap(one => one.records)) records.put(row)
      }
    })

    if (whole) steerCommon(document, parts)
    for (const id of affected) {
      steer(
        id,
        states.find(({ account_id }) => account_id === id),
        parts
      )
    }
  }

  return {
    /** Everything of one account, or of all, the requests excepted. */
    export(account?: string): State {
      const head = { version: stateVersion, fingerprint_domain: records.fingerprintDomain } as const
      if (account !== undefined) return { ...head, accounts: [exportAccount(account)] }
      const rate_limit = limits.get()
      return {
        ...head,
        clock: clockState(accounts.common),
        ...(rate_limit && { rate_limit }),
        faults: faults.own(null),
        accounts: accountIds().map(exportAccount)
      }
    },
    /** Puts a document in the place of everything that there is of one account, or of all; requests stay. */
    import: (document: State, account?: string): Promise<void> =>
      replace(
        account,
        document,
        allParts.filter(part => part !== 'requests')
      ),
    /** Takes parts of one account, or of all, back to the seed. */
    reset: (account?: string, parts: readonly Part[] = allParts): Promise<void> => replace(account, seed, parts),
    /** Loads the seed at start: into memory always, into the tables only where an account has stored nothing yet. */
    async loadSeed(): Promise<void> {
      if (!seed) return
      const inMemory = allParts.filter(part => part !== 'carriers' && part !== 'idempotency')
      const empty = seed.accounts.filter(({ account_id: id }) => carriers.count(id) === 0 && records.count(id) === 0)
      const rows = empty.map(state => rowsOf(state, seed, presentAfter(true, state, seed, inMemory)))
      await writer.write(() => {
        for (const row of rows.flatMap(one => one.carriers)) carriers.insert(row)
        for (const row of rows.flatMap(one => one.records)) records.put(row)
      })
      steerCommon(seed, inMemory)
      for (const state of seed.accounts) steer(state.account_id, state, inMemory)
    }
  }
}

/** Where a document that has passed its schema contradicts itself. */
export function contradictionsIn({ accounts }: State): Violation[] {
  const found: Violation[] = []
  const seen = new Set<string>()
  const once = (path: string, name: string) => {
    if (seen.has(name)) found.push({ path, message: 'is there twice', code: 'invalid_value' })
    seen.add(name)
  }
  for (const [index, { account_id, carriers = [], idempotency = [] }] of accounts.entries()) {
    const at = `accounts.${index}`
    once(`${at}.account_id`, account_id)
    for (const [number, { id, voip_carrier_sid, sip_gateway_sid }] of carriers.entries()) {
      for (const one of [id, voip_carrier_sid, sip_gateway_sid]) if (one) once(`${at}.carriers.${number}`, one)
    }
    for (const [number, { key }] of idempotency.entries()) {
      once(`${at}.idempotency.${number}.key`, `${account_id} ${key}`)
    }
  }
  return found
}

function idsOf({ carriers = [] }: AccountState): string[] {
  return carriers.map(({ id }) => id).filter(id => id !== undefined)
}

function clockState(clock: Clock): ClockState {
  return { now: new Date(clock.now()).toISOString(), frozen: clock.frozen }
}

/** A carrier as it is told and exported. */
export function storedCarrier(row: CarrierRow): StoredCarrier {
  const flag = (value: 0 | 1 | null) => (value === null ? null : value === 1)
  return {
    id: row.id,
    voip_carrier_sid: row.voip_carrier_sid,
    sip_gateway_sid: row.sip_gateway_sid,
    carrier_name: row.carrier_name,
    trunk_type: row.trunk_type,
    sip_gateway: {
      ipv4: row.gateway_ipv4,
      port: row.gateway_port,
      inbound: flag(row.gateway_inbound),
      outbound: flag(row.gateway_outbound)
    },
    registration_password_sent: row.registration_password_sent === 1,
    inbound_password_sent: row.inbound_password_sent === 1,
    created_at: new Date(row.created_at).toISOString()
  }
}

function carrierRow(carrier: StoredCarrier, { id: account_id, newId }: Account, now: number): CarrierRow {
  const bit = (value: boolean | null | undefined) => (value == null ? null : value ? 1 : 0)
  const { ipv4 = null, port = null, inbound, outbound } = carrier.sip_gateway ?? {}
  return {
    id: carrier.id ?? newId(),
    account_id,
    voip_carrier_sid: carrier.voip_carrier_sid ?? newId(),
    sip_gateway_sid: carrier.sip_gateway_sid ?? newId(),
    carrier_name: carrier.carrier_name,
    trunk_type: carrier.trunk_type ?? 'static_ip',
    gateway_ipv4: ipv4,
    gateway_port: port,
    gateway_inbound: bit(inbound),
    gateway_outbound: bit(outbound),
    registration_password_sent: carrier.registration_password_sent ? 1 : 0,
    inbound_password_sent: carrier.inbound_password_sent ? 1 : 0,
    created_at: carrier.created_at === undefined ? now : Date.parse(carrier.created_at)
  }
}

function storedRecord({ account_id: _, created_at, ...record }: IdempotencyRecord): StoredRecord {
  return { ...record, created_at: new Date(created_at).toISOString() }
}

/** A fingerprint of another database says nothing here, and is left out. */
function recordRow(record: StoredRecord, account_id: string, comparable: boolean): IdempotencyRecord {
  const fingerprint = comparable ? (record.fingerprint ?? '') : ''
  return { ...record, account_id, fingerprint, created_at: Date.parse(record.created_at) }
}
