import { randomUUID } from 'node:crypto'
import { type Chance, seededDice } from '../chance.ts'
import { milliseconds } from '../schemas/common.ts'
import type { Fault, FaultRequest } from '../schemas/fault.ts'
import type { Match } from '../schemas/request.ts'
import type { AccountStore } from './accounts.ts'

/** How many rules may be armed, those that have fired out included. */
export const mostFaults = 10_000

export type FaultStore = ReturnType<typeof faultStore>

/** The armed faults, in memory. */
export function faultStore({ accounts, chance }: { accounts: AccountStore; chance: Chance }) {
  const armed = new Map<string, Fault>()
  /** How many rules an account has armed; with a seed their ids and dice follow from that. */
  const counts = new Map<string | null, number>()

  const isFor = (fault: Fault, account: string) => fault.account_id === null || fault.account_id === account

  function isAlive({ expires_at, remaining, account_id }: Fault): boolean {
    if (remaining === 0) return false
    return expires_at === undefined || accounts.clockOf(account_id).now() < Date.parse(expires_at)
  }

  /** Counts a request that a rule is meant for, and tells whether the rule fires. */
  function fires(fault: Fault): boolean {
    const { skip, every, probability, seed, id } = fault
    const turn = ++fault.matched - skip
    if (turn <= 0 || turn % every !== 0) return false
    const thrown = seed === undefined ? chance.dice(id, fault.matched) : seededDice(seed, fault.matched)
    if (thrown >= probability) return false
    fault.fired++
    if (fault.remaining !== null) fault.remaining--
    return true
  }

  /** Arms a rule for one account, or for all. */
  function add({ account: _, ...rule }: FaultRequest, account: string | null): Fault {
    const now = accounts.clockOf(account).now()
    const number = (counts.get(account) ?? 0) + 1
    counts.set(account, number)
    const fault: Fault = {
      id: chance.seeded ? chance.uuid(`${account} fault`, number) : randomUUID(),
      account_id: account,
      phase: 'before',
      skip: 0,
      every: 1,
      probability: 1,
      ...rule,
      created_at: new Date(now).toISOString(),
      ...(rule.ttl !== undefined && { expires_at: new Date(now + milliseconds(rule.ttl)).toISOString() }),
      matched: 0,
      fired: 0,
      remaining: rule.times ?? null
    }
    armed.set(fault.id, fault)
    return fault
  }

  return {
    add,
    /** The first rule of a phase that fires for a request, if any. Rules behind it do not hear of the request. */
    fire(phase: Fault['phase'], account: string, fits: (match: Match) => boolean): Fault | undefined {
      if (armed.size === 0) return undefined
      for (const fault of armed.values()) {
        if (fault.phase !== phase || !isFor(fault, account) || !isAlive(fault)) continue
        if ((fault.match === undefined || fits(fault.match)) && fires(fault)) return fault
      }
      return undefined
    },
    get: (id: string): Fault | undefined => armed.get(id),
    /** The rules of one account with those for all, or every rule. */
    list: (account?: string): Fault[] =>
      [...armed.values()].filter(one => account === undefined || isFor(one, account)),
    /** The rules of one account alone, or those for all accounts. */
    own: (account: string | null): Fault[] => [...armed.values()].filter(({ account_id }) => account_id === account),
    /** Takes a rule away and tells whether it was there. */
    remove: (id: string): boolean => armed.delete(id),
    /** Takes away the rules of one account, not those for all, or every rule. */
    clear(account: string | undefined): void {
      for (const { id, account_id } of armed.values()) {
        if (account === undefined || account_id === account) armed.delete(id)
      }
      if (account === undefined) counts.clear()
      else counts.delete(account)
    },
    /** Arms rules for one account, or for all, that were exported or are asked for. */
    restore(account: string | null, faults: (Fault | FaultRequest)[]): void {
      for (const fault of faults) {
        if (!('id' in fault)) {
          add(fault, account)
          continue
        }
        // An id that came from elsewhere must not push out the rule of another account.
        const id = armed.has(fault.id) ? randomUUID() : fault.id
        armed.set(id, { ...fault, id, account_id: account })
        counts.set(account, (counts.get(account) ?? 0) + 1)
      }
    },
    size: (): number => armed.size
  }
}
