import { type Clock, instantOf } from '../clock.ts'
import {
  type AccountState,
  parts as allParts,
  type ClockState,
  type Part,
  type State,
  stateVersion,
  type TablePart,
  tableParts,
  usualParts
} from '../schemas/state.ts'
import type { AccountStore } from './accounts.ts'
import type { CarrierStore } from './carriers.ts'
import type { CoverageStore } from './coverage.ts'
import type { FaultStore } from './faults.ts'
import type { IdempotencyStore } from './idempotency.ts'
import type { Journal } from './journal.ts'
import type { KeyStore } from './keys.ts'
import type { PhoneNumberStore } from './phone-numbers.ts'
import type { RateLimitStore } from './rate-limits.ts'
import type { StateTable } from './state-table.ts'
import type { Writer } from './writer.ts'

/** Everything that is known: in the tables, and in memory for as long as the server runs. */
export interface Stores {
  writer: Writer
  carriers: CarrierStore
  phoneNumbers: PhoneNumberStore
  records: IdempotencyStore
  accounts: AccountStore
  keys: KeyStore
  faults: FaultStore
  limits: RateLimitStore
  journal: Journal
  coverage: CoverageStore
}

/** What is to be put in the place of something. */
interface Replacement {
  /** One account, or all. */
  account: string | undefined
  /** What comes in its place; nothing where it is undefined. */
  document: State | undefined
  /** What the document says of each account that is concerned. */
  states: AccountState[]
}

export type StateStore = ReturnType<typeof stateStore>

/** Exports, imports and resets whatever belongs to an account. Documents must have passed `checkedState`. */
export function stateStore(stores: Stores, seed?: State) {
  const { accounts, carriers, phoneNumbers, records, keys, faults, limits, journal, coverage, writer } = stores
  const tables: Record<TablePart, StateTable> = { carriers, phone_numbers: phoneNumbers, idempotency: records }

  /** Every account that has rows in a table. */
  const storedIds = () => tableParts.flatMap(part => tables[part].accounts())

  /** Every account that something in memory is known of. */
  function knownIds(): Set<string> {
    const holders = [...accounts.all().map(({ id }) => id), ...keys.list().map(({ account_id }) => account_id)]
    return new Set([...holders, ...faults.accounts(), ...limits.accountsWithLimits()])
  }

  /** Every account that has something. */
  function accountIds(): string[] {
    return [...new Set([...knownIds(), ...storedIds()])].sort()
  }

  function exportAccount(account_id: string): AccountState {
    const clock = accounts.ownClock(account_id)
    const rate_limit = limits.ownLimit(account_id)
    return {
      account_id,
      ...(clock && { clock: clockState(clock) }),
      ...Object.fromEntries(tableParts.map(part => [part, tables[part].stored(account_id)])),
      keys: keys.list(account_id),
      ...(rate_limit !== undefined && { rate_limit }),
      faults: faults.own(account_id)
    }
  }

  /** What the clock of an account will show once the clocks are replaced, if they are. */
  function presentAfter({ account, document }: Replacement, state: AccountState, parts: readonly Part[]): number {
    if (!parts.includes('clock')) return accounts.clockOf(state.account_id).now()
    if (state.clock) return instantOf(state.clock.now)
    if (account !== undefined) return accounts.common.now()
    return document?.clock ? instantOf(document.clock.now) : accounts.common.unsteered()
  }

  /** What comes into the tables, and what the transaction that brings it there has to do. */
  function tableWork(replacement: Replacement, parts: readonly Part[]): () => void {
    const { account, document, states } = replacement
    const comparable = document?.fingerprint_domain === records.fingerprintDomain
    const put = states.flatMap(state => {
      const { account_id } = state
      const now = presentAfter(replacement, state, parts)
      const reading = { account_id, newId: accounts.find(account_id).seedIds(), now, comparable }
      // Read in any case, so that an id that is left open is the same whichever parts are replaced.
      const work = tableParts.map(part => ({ part, put: tables[part].reading(state[part] ?? [], reading) }))
      return work.filter(({ part }) => parts.includes(part)).map(one => one.put)
    })
    return () => {
      for (const part of tableParts) if (parts.includes(part)) tables[part].clear(account)
      for (const one of put) one()
    }
  }

  /** Where the tables have changed, their ids do not follow from what was there before. */
  function restartIds(_: Replacement, affected: string[]): void {
    for (const id of affected) accounts.find(id).restartIds()
  }

  /** How each part in memory is replaced; it may be done more than once, as the transaction may. */
  const inMemory: { [Name in Part]?: (replacement: Replacement, affected: string[]) => void } = {
    carriers: restartIds,
    phone_numbers: restartIds,
    idempotency: ({ account }) => coverage.forgetKeys(account),
    requests({ account }, affected) {
      journal.clear(account)
      for (const id of affected) accounts.find(id).restartRequestIds()
    },
    coverage: ({ account }) => coverage.clear(account),
    faults({ account, document, states }) {
      faults.clear(account)
      if (account === undefined) faults.restore(null, document?.faults ?? [])
      for (const state of states) faults.restore(state.account_id, state.faults ?? [])
    },
    keys({ account, states }) {
      keys.replace(
        account,
        states.flatMap(({ account_id, keys = [] }) => keys.map(key => ({ ...key, account_id })))
      )
    },
    rate_limits({ account, document, states }) {
      limits.reset(account)
      if (account === undefined && document?.rate_limit) limits.set(undefined, document.rate_limit)
      for (const { account_id, rate_limit } of states) if (rate_limit !== undefined) limits.set(account_id, rate_limit)
    },
    clock({ account, document, states }, affected) {
      if (account === undefined) accounts.common.restart()
      if (account === undefined && document?.clock) {
        accounts.common.freeze(document.clock.frozen)
        accounts.common.set(instantOf(document.clock.now))
      }
      const clocks = new Map(states.map(({ account_id, clock }) => [account_id, clock]))
      for (const id of affected) {
        const clock = clocks.get(id)
        if (clock) accounts.setClock(id, instantOf(clock.now), clock.frozen)
        else accounts.restartClock(id)
      }
    }
  }

  /**
   * Replaces parts of one account, or of all, by what a document says of them: the whole of it or nothing.
   * @param isDue asked in the transaction, which then sees what other servers have written
   */
  async function replace(
    account: string | undefined,
    document: State | undefined,
    parts: readonly Part[],
    isDue = () => true
  ): Promise<void> {
    const states = (document?.accounts ?? []).filter(
      ({ account_id }) => account === undefined || account_id === account
    )
    const replacement = { account, document, states }
    const replaceTables = tableWork(replacement, parts)
    const replaceMemory = () => {
      const affected = account === undefined ? [...knownIds(), ...states.map(one => one.account_id)] : [account]
      for (const part of allParts) if (parts.includes(part)) inMemory[part]?.(replacement, [...new Set(affected)])
    }
    const snapshot = () => [accounts, faults, keys, limits, journal, coverage].map(store => store.snapshot())
    let undo: (() => void)[] = []
    const takeBack = () => {
      for (const restore of undo) restore()
    }
    try {
      // Both at once, so that a create behind it in the same transaction finds the new clock with the new tables. The
      // transaction may be run again, and may fail in the end; it does so before anybody else is heard.
      await writer.write(() => {
        takeBack()
        undo = []
        if (!isDue()) return
        undo = snapshot()
        replaceTables()
        // Accounts that came while the transaction waited are among those that are concerned.
        replaceMemory()
      })
    } catch (error) {
      takeBack()
      throw error
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
        ...(accounts.common.steered && { clock: clockState(accounts.common) }),
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
        usualParts.filter(part => part !== 'requests')
      ),
    /** Takes parts of one account, or of all, back to the seed. */
    reset: (account?: string, parts: readonly Part[] = usualParts): Promise<void> => replace(account, seed, parts),
    /** Loads the seed at start: into memory always, into the tables only where an account has stored nothing yet. */
    async loadSeed(): Promise<void> {
      if (!seed) return
      for (const state of seed.accounts) {
        const { account_id } = state
        const isEmpty = () => tableParts.every(part => tables[part].isEmpty(account_id))
        if (isEmpty()) await replace(account_id, { ...seed, accounts: [state] }, [...tableParts, 'clock'], isEmpty)
      }
      await replace(undefined, seed, ['faults', 'keys', 'rate_limits', 'clock'])
    }
  }
}

function clockState(clock: Clock): ClockState {
  return { now: new Date(clock.now()).toISOString(), frozen: clock.frozen }
}
