import type { Entry } from '../schemas/request.ts'

/** An entry as it is kept: what is asked for often as it is, the rest as a JSON object in UTF-8, outside of V8's heap. */
export interface KeptEntry extends Omit<Entry, 'at' | 'headers' | 'body' | 'answer'> {
  /** The n-th request since the start. */
  number: number
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
  /** `headers`, `body` and `answer` in JSON. */
  details: Uint8Array
  /** The room that it takes, in bytes, about. */
  weight: number
}

export interface JournalLimits {
  /** Entries per account. */
  entries: number
  /** Bytes of all accounts together, about. */
  bytes: number
}

export const journalDefaults: JournalLimits = { entries: 10_000, bytes: 16 * 1024 * 1024 }

interface Log {
  account: string | null
  entries: KeptEntry[]
  /** Entries before this one are gone. */
  head: number
  bytes: number
  dropped: number
}

/** What an entry takes beside its texts, about. */
const entryOverheadBytes = 500

/** Findings are few, and each is a short sentence. */
const findingBytes = 300

/** Once the journal is full it is cut back to this share, so that it is not cut with every request. */
const shareAfterCut = 0.9

const rememberedLogs = 10_000

export type Journal = ReturnType<typeof createJournal>

/** The requests of each account, in memory. When it is full the account that takes most room loses its oldest. */
export function createJournal(limits: JournalLimits) {
  const logs = new Map<string | null, Log>()
  const listeners = new Set<(entry: KeptEntry) => void>()
  let bytes = 0
  let number = 0
  /** Of accounts whose log is forgotten, since nothing is left in it. */
  let droppedElsewhere = 0

  const size = ({ entries, head }: Log) => entries.length - head
  const kept = ({ entries, head }: Log) => entries.slice(head)
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)

  function logOf(account: string | null): Log {
    const known = logs.get(account)
    if (known) return known
    if (logs.size >= rememberedLogs) forgetEmpty()
    const log = { account, entries: [], head: 0, bytes: 0, dropped: 0 }
    logs.set(account, log)
    return log
  }

  function forgetEmpty(): void {
    for (const [account, log] of logs) {
      if (size(log) > 0) continue
      droppedElsewhere += log.dropped
      logs.delete(account)
    }
  }

  function dropOldest(log: Log): void {
    const { weight } = log.entries[log.head] as KeptEntry
    log.entries[log.head++] = undefined as never
    log.bytes -= weight
    bytes -= weight
    log.dropped++
    if (log.head > 1_000 && log.head > log.entries.length / 2) {
      log.entries = kept(log)
      log.head = 0
    }
  }

  /** Takes from the greatest logs, down to one level, until the journal has room again. */
  function cut(): void {
    const goal = limits.bytes * shareAfterCut
    const headNumber = (log: Log) => log.entries[log.head]?.number ?? 0
    const greatestFirst = [...logs.values()].sort((a, b) => b.bytes - a.bytes || headNumber(a) - headNumber(b))
    const level = levelFor(
      greatestFirst.map(log => log.bytes),
      goal
    )
    for (const log of greatestFirst) {
      while (bytes > goal && log.bytes > level && size(log) > 0) dropOldest(log)
    }
  }

  const logsOf = (account: string | undefined): Log[] =>
    account === undefined ? [...logs.values()] : [logs.get(account)].filter(log => log !== undefined)

  return {
    record(entry: Omit<KeptEntry, 'number' | 'weight'>): void {
      const { details, path, findings } = entry
      const weight = details.length + path.length + findings.length * findingBytes + entryOverheadBytes
      const numbered = { ...entry, number: ++number, weight }
      const log = logOf(entry.account_id)
      log.entries.push(numbered)
      log.bytes += weight
      bytes += weight
      if (size(log) > limits.entries) dropOldest(log)
      if (bytes > limits.bytes) cut()
      for (const listener of listeners) listener(numbered)
    },
    /** The entries of one account, or of all, oldest first. */
    entries(account?: string): KeptEntry[] {
      const found = logsOf(account).map(kept)
      return found.length === 1 ? (found[0] as KeptEntry[]) : found.flat().sort((a, b) => a.number - b.number)
    },
    /** The first entries of one account, or of all, that are behind a number, oldest first; at most `limit`. */
    after(last: number, limit: number, account?: string): KeptEntry[] {
      const found = logsOf(account).flatMap(({ entries, head }) => {
        const start = firstBehind(entries, head, last)
        return entries.slice(start, start + limit)
      })
      return found.sort((a, b) => a.number - b.number).slice(0, limit)
    },
    /** The number of the last request. */
    last: (): number => number,
    /** How many entries were dropped for want of room. */
    dropped: (account?: string): number =>
      sum(logsOf(account).map(log => log.dropped)) + (account === undefined ? droppedElsewhere : 0),
    /** How many entries there are. */
    size: (account?: string): number => sum(logsOf(account).map(size)),
    bytes: (): number => bytes,
    /** Forgets the entries of one account, or all, and how many were dropped. */
    clear(account: string | undefined): void {
      for (const log of logsOf(account)) {
        bytes -= log.bytes
        logs.delete(log.account)
      }
      if (account === undefined) droppedElsewhere = 0
    },
    /** Returns what brings back what is cleared from now on. */
    snapshot(): () => void {
      const before = [...logs]
      return () => {
        for (const [account, log] of before) {
          if (logs.has(account)) continue
          logs.set(account, log)
          bytes += log.bytes
        }
      }
    },
    /** Calls a function with each entry from now on; returns what ends that. */
    listen(listener: (entry: KeptEntry) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    }
  }
}

/** The index of the first entry behind a number, by halves; entries before `head` are gone. */
function firstBehind(entries: KeptEntry[], head: number, last: number): number {
  let [low, high] = [head, entries.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((entries[middle] as KeptEntry).number > last) high = middle
    else low = middle + 1
  }
  return low
}

/** The level to which the greatest of some heights must be cut so that all together come to a goal. */
function levelFor(greatestFirst: number[], goal: number): number {
  let total = greatestFirst.reduce((sum, height) => sum + height, 0)
  for (const [index, height] of greatestFirst.entries()) {
    const count = index + 1
    const next = greatestFirst[count] ?? 0
    const excess = total - goal
    if (count * (height - next) >= excess) return height - excess / count
    // All so far are cut down to the next.
    total -= (height - next) * count
  }
  return 0
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * A text in memory of its own. A `Buffer` of a short one is a part of a block, which stays for as long as any entry in it: the
 * journal then took five times its bound where one account sends much and many send little.
 */
export const packed = (text: string): Uint8Array => encoder.encode(text)

/** What the text of an entry's details says. */
export const unpacked = (details: Uint8Array) => JSON.parse(decoder.decode(details))

/** Whether an entry has each of some words, in what is told of it or in its headers and bodies. */
export function hasWords(text: string, entry: KeptEntry): boolean {
  const words = text.toLowerCase().split(/\s+/)
  const { id, account_id, method, path, idempotency_key, outcome, status, rules, fault, findings } = entry
  const told = [id, account_id, method, path, idempotency_key, outcome, status, rules, fault?.kind]
  const plain = [...told, findings.map(({ code }) => code)].join(' ').toLowerCase()
  const has = (json: string) =>
    words.every(word => plain.includes(word) || json.includes(JSON.stringify(word).slice(1, -1)))
  const kept = decoder.decode(entry.details)
  // Most are ruled out unparsed. Not where letters are escapes: some clients send all but ASCII so.
  if (!kept.includes('\\u') && !has(kept.toLowerCase())) return false
  const { headers, body, answer } = JSON.parse(kept)
  return has(JSON.stringify([headers, body, answer.headers, answer.body]).toLowerCase())
}

/** An entry as it is told to who follows them all: without headers and bodies. */
export function briefOf({ number: _, weight: __, details: ___, at, ...rest }: KeptEntry) {
  return { ...rest, at: new Date(at).toISOString() }
}

/** An entry as it is told. */
export function entryOf({ number: _, weight: __, at, details, ...rest }: KeptEntry): Entry {
  const { headers, body, answer } = unpacked(details)
  const { id, account_id, method, path, idempotency_key, ...more } = rest
  const when = new Date(at).toISOString()
  return { id, at: when, account_id, method, path, idempotency_key, headers, body, answer, ...more }
}
