/** What became of a key so far. What went wrong is forgotten once an answer got through. */
export interface KeyPast {
  /** When it created something, on the account's clock. */
  createdAt?: number | undefined
  /** When its last request ended, in real milliseconds since the start of the process. */
  endedAt: number
  replayed?: boolean
  lost?: boolean
  refused?: boolean
  failed?: boolean
  limited?: boolean
}

/** So many requests are named for each situation. */
export const namedRequests = 3

/** How often something was seen, and by which requests first. */
export interface Sighting {
  count: number
  first: string[]
}

/** By the number of the situation; holes where nothing was seen. */
export type Tally = (Sighting | undefined)[]

/** The counts of those beyond are only part of the sum. */
const rememberedAccounts = 1_000

/** Twice so many keys are remembered at most; the least recent half is forgotten at once: retries follow soon. */
const rememberedKeys = 5_000

export type CoverageStore = ReturnType<typeof coverageStore>

/** What requests have shown of the contract, per account and in memory. Situations are numbers here. */
export function coverageStore() {
  const tallies = new Map<string | null, Tally>()
  /** Of accounts that are no longer remembered. */
  let elsewhere: Tally = []
  /** What became of idempotency keys, by account and key. */
  let keys = new Map<string, KeyPast>()
  // To look for the oldest key of a Map takes the longer the more were deleted before it.
  let olderKeys = new Map<string, KeyPast>()

  function tallyOf(account: string | null): Tally {
    const known = tallies.get(account)
    if (known) return known
    const [oldest] = tallies
    if (oldest && tallies.size >= rememberedAccounts) {
      elsewhere = sum([elsewhere, oldest[1]])
      tallies.delete(oldest[0])
    }
    const tally: Tally = []
    tallies.set(account, tally)
    return tally
  }

  return {
    /** What an account, or nobody's, has shown so far; to be counted in. */
    tallyOf,
    /** What was seen of one account, or of all. */
    seen: (account?: string): Tally =>
      account === undefined ? sum([elsewhere, ...tallies.values()]) : (tallies.get(account) ?? []),
    /** Forgets what one account has shown, or all. */
    clear(account: string | undefined): void {
      if (account !== undefined) tallies.delete(account)
      else {
        tallies.clear()
        elsewhere = []
      }
    },
    /** What became of a key. */
    pastOf: (name: string): KeyPast | undefined => keys.get(name) ?? olderKeys.get(name),
    /** Remembers what became of a key. */
    remember(name: string, past: KeyPast): void {
      if (keys.size >= rememberedKeys) {
        olderKeys = keys
        keys = new Map()
      }
      keys.set(name, past)
    },
    /** Forgets the keys of one account, or of all. */
    forgetKeys(account: string | undefined): void {
      for (const map of [keys, olderKeys]) {
        if (account === undefined) map.clear()
        else for (const name of map.keys()) if (name.startsWith(nameOfKey(account, ''))) map.delete(name)
      }
    },
    /** Returns what brings back the counts that are cleared from now on; of keys there is no need. */
    snapshot(): () => void {
      const [before, beforeElsewhere] = [[...tallies], elsewhere]
      return () => {
        elsewhere = beforeElsewhere
        for (const [account, tally] of before) if (!tallies.has(account)) tallies.set(account, tally)
      }
    }
  }
}

/** Counts that a request was in a situation. */
export function count(tally: Tally, situation: number, request: string): void {
  const sighting = tally[situation]
  if (!sighting) tally[situation] = { count: 1, first: [request] }
  else {
    sighting.count++
    if (sighting.first.length < namedRequests) sighting.first.push(request)
  }
}

/** The name of an account's key in this store. */
export const nameOfKey = (account: string | null, key: string): string => `${account} ${key}`

function sum(tallies: Tally[]): Tally {
  const total: Tally = []
  for (const tally of tallies) {
    tally.forEach((sighting, situation) => {
      if (!sighting) return
      const { count, first } = total[situation] ?? { count: 0, first: [] }
      total[situation] = { count: count + sighting.count, first: [...first, ...sighting.first].slice(0, namedRequests) }
    })
  }
  return total
}
