import { milliseconds } from '../schemas/common.ts'
import type { RateLimit } from '../schemas/rate-limit.ts'
import type { Account } from './accounts.ts'

/** How a request stands to the limit of its account. */
export interface Allowance {
  allowed: boolean
  limit: number
  /** Requests that may still follow in this window. */
  remaining: number
  /** Milliseconds until the window ends. */
  resetMilliseconds: number
}

const rememberedWindows = 10_000

export type RateLimitStore = ReturnType<typeof rateLimitStore>

/** Fixed windows in memory: each begins with the first request after the last one's end. */
export function rateLimitStore() {
  let common: RateLimit | undefined
  /** null: this account has no limit, whatever holds for all. */
  const own = new Map<string, RateLimit | null>()
  const windows = new Map<string, { startedAt: number; used: number }>()

  const limitOf = (id: string): RateLimit | undefined => {
    const limit = own.get(id)
    return limit === undefined ? common : (limit ?? undefined)
  }

  function windowOf({ id, clock }: Account, length: number) {
    const now = clock.now()
    const known = windows.get(id)
    if (known && now < known.startedAt + length) return { window: known, now }
    if (windows.size >= rememberedWindows) windows.clear()
    const window = { startedAt: now, used: 0 }
    windows.set(id, window)
    return { window, now }
  }

  return {
    /** Counts a request; undefined where the account has no limit. */
    take(account: Account): Allowance | undefined {
      if (!common && own.size === 0) return undefined
      const rate = limitOf(account.id)
      if (!rate) return undefined
      const length = milliseconds(rate.window)
      const { window, now } = windowOf(account, length)
      const allowed = window.used < rate.limit
      if (allowed) window.used++
      const resetMilliseconds = window.startedAt + length - now
      return { allowed, limit: rate.limit, remaining: rate.limit - window.used, resetMilliseconds }
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
    accountsWithLimits: (): string[] => [...own.keys()]
  }
}
