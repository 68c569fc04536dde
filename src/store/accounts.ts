import type { Chance } from '../chance.ts'
import type { Clock } from '../clock.ts'
import type { StateTable } from './state-table.ts'

/** One tenant. Nothing that one account does or has done to it is felt by another. */
export interface Account {
  readonly id: string
  /** Its own clock once it was steered; the common one until then. */
  clock: Clock
  /** The next id of its own sequence; random without a seed. */
  newId(): string
  /** Ids for what a seed file or an import leaves without: a sequence of its own, which begins with each call. */
  seedIds(): () => string
  /** The next id of a request; in a sequence of its own, so that refusals and retries move no other id. */
  newRequestId(): string
  /** Begins the sequence of its ids anew; it leads to other ids where something is stored already. */
  restartIds(): void
  /** Begins the sequence of the ids of its requests anew. */
  restartRequestIds(): void
  /** Returns what takes the sequence of its ids back to where it is now; that of its requests goes on, since they have been told. */
  drawnIds(): () => void
}

/** So many accounts are remembered; those that nobody steered may be forgotten, since they hold nothing. */
const rememberedAccounts = 10_000

interface Options {
  /** What is stored of things that have ids. */
  resources: (Pick<StateTable, 'newestAt'> & { lastId(account: string): string | undefined })[]
  records: Pick<StateTable, 'newestAt'>
  /** The clock of every account that has none of its own. */
  clock: Clock
  chance: Chance
}

export type AccountStore = ReturnType<typeof accountStore>

export function accountStore({ resources, records, clock: common, chance }: Options) {
  const accounts = new Map<string, Account>()

  /** Names what an account has stored, so that the ids of before do not come again; nothing where ids are random. */
  const historyOf = (id: string): string =>
    chance.seeded ? resources.flatMap(({ lastId }) => lastId(id) ?? []).join() : ''

  function open(id: string): Account {
    let history = historyOf(id)
    let ids = 0
    let requests = 0
    return {
      id,
      // Each record came with something that has an id, and the newest of that is found at once. Where it is gone, the
      // look-up of the record moves the clock.
      clock: clockNotBefore(newestResourceAt(id)),
      newId: () => chance.uuid(`${id} ${history}`, ++ids),
      seedIds() {
        let seeds = 0
        return () => chance.uuid(`${id} seed`, ++seeds)
      },
      newRequestId: () => chance.uuid(`${id} ${history} request`, ++requests),
      restartIds() {
        history = historyOf(id)
        ids = 0
      },
      restartRequestIds() {
        requests = 0
      },
      drawnIds() {
        const before = { history, ids }
        return () => {
          ;({ history, ids } = before)
        }
      }
    }
  }

  /** Nothing that is stored may lie in the future: the clock was steered, or the wall clock set back, before a restart. */
  function clockNotBefore(instant: number): Clock {
    if (instant <= common.now()) return common
    const own = common.fork()
    own.notBefore(instant)
    return own
  }

  function forgetIdle(): void {
    for (const [id, { clock }] of accounts) {
      if (accounts.size < rememberedAccounts / 2) return
      if (clock === common) accounts.delete(id)
    }
  }

  const newestResourceAt = (id: string): number => Math.max(0, ...resources.map(({ newestAt }) => newestAt(id)))

  /** The newest instant that an account has stored, or 0; looks at each of its records. */
  const newestAt = (id: string): number => Math.max(newestResourceAt(id), records.newestAt(id))

  /** An account, known or not. */
  function find(id: string): Account {
    const known = accounts.get(id)
    if (known) return known
    if (accounts.size >= rememberedAccounts && !chance.seeded) forgetIdle()
    const account = open(id)
    accounts.set(id, account)
    return account
  }

  return {
    find,
    common,
    /** Whether ids come from sequences. */
    seeded: chance.seeded,
    /** The clock of an account, or the common one. */
    clockOf: (id: string | null | undefined): Clock => (id ? find(id).clock : common),
    /** The present instant of an account, without making anything of an account that was not heard of. */
    now: (id: string): number => (accounts.get(id)?.clock ?? common).now(),
    /** Whether some account has a clock of its own. */
    anySteered: (): boolean => [...accounts.values()].some(({ clock }) => clock !== common),
    /**
     * Steers the clock of one account, or of all: the common one and each of their own. All of them or none.
     * @param change throws before it has changed anything
     */
    steer(id: string | undefined, change: (clock: Clock) => void): void {
      const own = id === undefined ? [...accounts.values()].filter(({ clock }) => clock !== common) : [find(id)]
      const changed = own.map(account => {
        const clock = account.clock.fork()
        change(clock)
        return { account, clock }
      })
      if (id === undefined) change(common)
      for (const { account, clock } of changed) account.clock = clock
    },
    /** Gives an account the common clock back, unless something that it still stores is newer. */
    restartClock(id: string): void {
      find(id).clock = clockNotBefore(newestAt(id))
    },
    /** Sets the clock of an account, also backwards, but not behind what it stores. */
    setClock(id: string, instant: number, frozen: boolean): void {
      const clock = common.fork()
      // First, since one that runs would go on from what it is set to.
      clock.freeze(frozen)
      clock.set(Math.max(instant, newestAt(id)))
      find(id).clock = clock
    },
    /** The clock of an account, where it has one of its own. */
    ownClock(id: string): Clock | undefined {
      const clock = accounts.get(id)?.clock
      return clock === common ? undefined : clock
    },
    all: (): Account[] => [...accounts.values()],
    /** Returns what takes every clock and every sequence of ids back to how it is now. */
    snapshot(): () => void {
      const restoreCommon = common.saved()
      const before = [...accounts.values()].map(account => ({ account, clock: account.clock, ids: account.drawnIds() }))
      return () => {
        restoreCommon()
        for (const { account, clock, ids } of before) {
          account.clock = clock
          ids()
        }
      }
    }
  }
}
