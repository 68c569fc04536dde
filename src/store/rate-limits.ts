import { milliseconds } from '../schemas/common.ts'
import type { RateLimit } from '../schemas/rate-limit.ts'
import type { Account, AccountStore } from './accounts.ts'

/** How a request stands to the limit of its account. */
export interface Allowance {
  allowed: boolean
  limit: number
  /** Requests that may still follow in this window. */
  remaining: number
  /** Milliseconds until the window ends. */
  resetMilliseconds: number
}

export type RateLimitStore = ReturnType<typeof rateLimitStore>

/** Fixed windows in memory: each begins with the first request after the last one's end. */
export function rateLimitStore({ accounts }: { accounts: AccountStore }) {
  let common: RateLimit | undefined
  /** null: this account has no limit, whatever holds for all. */
  const own = new Map<string, RateLimit | null>()
  const windows = new Map<string, { startedAt: number; endsAt: number; used: number }>()
  let cleanAt = 10_000

  const limitOf = (id: string): RateLimit | undefined => {
    const limit = own.get(id)
    return limit === undefined ? common : (limit ?? undefined)
  }

  /** Forgets windows that have ended, so that they do not pile up where each request has another key. */
  function forgetEnded(): void {
    for (const [id, { endsAt }] of windows) if (accounts.now(id) >= endsAt) windows.delete(id)
    cleanAt = Math.max(10_000, windows.size * 2)
  }

  function windowOf(id: string, now: number, length: number) {
    const known = windows.get(id)
    // A clock that was reset stands before a window that it had begun.
    if (known && now >= known.startedAt && now < known.endsAt) return known
    if (windows.size >= cleanAt) forgetEnded()
    const window = { startedAt: now, endsAt: now + length, used: 0 }
    windows.set(id, window)
    return window
  }

  return {
    /** Counts a request; undefined where the account has no limit. */
    take(account: Account): Allowance | undefined {
      if (!common && own.size === 0) return undefined
      const rate = limitOf(account.id)
      if (!rate) return undefined
      const now = account.clock.now()
      const window = windowOf(account.id, now, milliseconds(rate.window))
      const allowed = window.used < rate.limit
      if (allowed) window.used++
      return { allowed, limit: rate.limit, remaining: rate.limit - window.used, resetMilliseconds: window.endsAt - now }
    },
    /** The limit of an account, or the common one. */
    get: (account?: string): RateLimit | undefined => (account === undefined ? common : limitOf(account)),
    /** The limit that an account has of its own: null where it was lifted, undefined where there is none. */
    ownLimit: (account: string): RateLimit | null | undefined => own.get(account),
    /** Sets or lifts the limit of one account, or of all, and begins their windows anew. */
    set(account: string | undefined, limit: RateLimit | null): void {
      if (account === undefined) {
        common = limit ?? undefined
        own.clear()
        windows.clear()
      } else {
        own.set(account, limit)
        windows.delete(account)
      }
    },
    /** Takes away what was set for one account, or everything. */
    reset(account: string | undefined): void {
      if (account === undefined) common = undefined
      for (const map of [own, windows]) account === undefined ? map.clear() : map.delete(account)
    },
    accountsWithLimits: (): string[] => [...own.keys()],
    /** Returns what takes every limit back to how it is now; windows begin anew. */
    snapshot(): () => void {
      const [limit, limits] = [common, [...own]]
      return () => {
        common = limit
        own.clear()
        for (const [account, rate] of limits) own.set(account, rate)
      }
    }
  }
}
