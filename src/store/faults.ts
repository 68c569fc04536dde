import { type Chance, seededDice } from '../chance.ts'
import { instantAfter } from '../clock.ts'
import { milliseconds } from '../schemas/common.ts'
import { type Fault, type FaultRequest, mostFaults } from '../schemas/fault.ts'
import type { AccountStore } from './accounts.ts'

export type FaultStore = ReturnType<typeof faultStore>

/** The armed faults, in memory: those of each account, and under null those for all. */
export function faultStore({ accounts, chance }: { accounts: AccountStore; chance: Chance }) {
  const armed = new Map<string | null, Fault[]>()
  /** How many rules an account has ever armed; with a seed their ids and dice follow from that. */
  const counts = new Map<string | null, number>()

  const own = (account: string | null): Fault[] => armed.get(account) ?? []
  const all = (): Fault[] => [...armed.values()].flat()

  function isAlive({ expires_at, remaining, account_id }: Fault): boolean {
    if (remaining === 0) return false
    return expires_at === undefined || accounts.clockOf(account_id).now() < Date.parse(expires_at)
  }

  function newId(account: string | null): string {
    const number = (counts.get(account) ?? 0) + 1
    counts.set(account, number)
    const id = chance.uuid(`${account} fault`, number)
    // A rule that was exported may be back under its old id.
    return all().some(fault => fault.id === id) ? newId(account) : id
  }

  /** Puts a rule behind the others; at the limit, those that will never fire again make room. */
  function keep(fault: Fault): Fault {
    const { account_id } = fault
    const others = own(account_id)
    armed.set(account_id, [...(others.length >= mostFaults ? others.filter(isAlive) : others), fault])
    return fault
  }

  /** How often each account has met a rule for all, so that its dice do not depend on what the others do. */
  const meetings = new WeakMap<Fault, Map<string, number>>()

  function throwsOf(fault: Fault, account: string): number {
    if (fault.account_id !== null) return fault.matched
    const counted = meetings.get(fault) ?? new Map<string, number>()
    meetings.set(fault, counted)
    const count = (counted.get(account) ?? 0) + 1
    counted.set(account, count)
    return count
  }

  /** Counts a request that a rule is meant for, and tells whether the rule fires. */
  function fires(fault: Fault, account: string): boolean {
    const { skip, every, probability, seed, id } = fault
    const turn = ++fault.matched - skip
    if (turn <= 0 || turn % every !== 0) return false
    const count = throwsOf(fault, account)
    const thrown = seed === undefined ? chance.dice(`${id} ${account}`, count) : seededDice(seed, count)
    if (thrown >= probability) return false
    fault.fired++
    if (fault.remaining !== null) fault.remaining--
    return true
  }

  function add({ account: _, ...rule }: FaultRequest, account: string | null): Fault {
    const now = accounts.clockOf(account).now()
    return keep({
      id: newId(account),
      account_id: account,
      phase: 'before',
      skip: 0,
      every: 1,
      probability: 1,
      ...rule,
      created_at: instantAfter(now, 0),
      ...(rule.ttl !== undefined && { expires_at: instantAfter(now, milliseconds(rule.ttl)) }),
      matched: 0,
      fired: 0,
      remaining: rule.times ?? null
    })
  }

  return {
    /** Arms a rule for one account, or for all. */
    add,
    /** Whether an account has room for another rule. */
    hasRoom: (account: string | null): boolean => own(account).filter(isAlive).length < mostFaults,
    /**
     * The first rule of a phase that fires for a request, if any: first of the account's own, then of those for all.
     * Rules behind it do not hear of the request.
     */
    fire(phase: Fault['phase'], account: string, fits: (fault: Fault) => boolean): Fault | undefined {
      if (armed.size === 0) return undefined
      for (const fault of [...own(account), ...own(null)]) {
        if (fault.phase !== phase || !isAlive(fault)) continue
        if (fits(fault) && fires(fault, account)) return fault
      }
      return undefined
    },
    find: (id: string): Fault | undefined => all().find(fault => fault.id === id),
    /** The rules of one account with those for all, or every rule. */
    list: (account?: string): Fault[] => (account === undefined ? all() : [...own(account), ...own(null)]),
    /** The rules of one account alone, or those for all accounts. */
    own,
    remove({ id, account_id }: Fault): void {
      armed.set(
        account_id,
        own(account_id).filter(fault => fault.id !== id)
      )
    },
    /** Takes away the rules of one account, not those for all, or every rule. */
    clear(account: string | undefined): void {
      for (const map of [armed, counts]) account === undefined ? map.clear() : map.delete(account)
    },
    /** Arms rules for one account, or for all, that were exported or are asked for. */
    restore(account: string | null, faults: (Fault | FaultRequest)[]): void {
      for (const fault of faults) {
        if (!('id' in fault)) add(fault, account)
        // An id that came from elsewhere must not stand for the rule of another account as well.
        else
          keep({
            ...fault,
            id: all().some(({ id }) => id === fault.id) ? newId(account) : fault.id,
            account_id: account
          })
      }
    },
    /** Every account with rules of its own. */
    accounts: (): string[] => [...armed.keys()].filter(account => account !== null),
    size: (): number => all().length,
    /** Returns what takes everything back to how it is now. */
    snapshot(): () => void {
      const [rules, numbers] = [[...armed], [...counts]]
      return () => {
        armed.clear()
        counts.clear()
        for (const [account, faults] of rules) armed.set(account, faults)
        for (const [account, count] of numbers) counts.set(account, count)
      }
    }
  }
}
