import type { Entry } from '../schemas/request.ts'

/** An entry as it is read from the journal. */
export interface KeptEntry extends Omit<Entry, 'at' | 'headers' | 'body' | 'answer'> {
  /** The n-th request since the start. */
  number: number
  /** Milliseconds since 1970-01-01 UTC. */
  at: number
  /** `headers`, `body` and `answer` in JSON. */
  details: string
}

export interface JournalLimits {
  /** Entries per account. */
  entries: number
  /** Bytes of all accounts together, about. */
  bytes: number
}

export const journalDefaults: JournalLimits = { entries: 10_000, bytes: 16 * 1024 * 1024 }

/**
 * Entries one behind the other, as lines of JSON in UTF-8, outside of V8's heap: as objects they were most of what its collector
 * had to do, and took twice the room.
 */
interface Chunk {
  bytes: Buffer
  used: number
  /** The number of each entry, and where it ends. */
  numbers: number[]
  ends: number[]
  /** Entries before this one are gone. */
  head: number
}

interface Log {
  account: string | null
  /** Oldest first; none is empty. */
  chunks: Chunk[]
  size: number
  bytes: number
  dropped: number
}

const chunkBytes = 65_536

/** Bytes of UTF-8 that a code unit of a string takes. */
const mostBytesPerUnit = 3

/**
 * No chunk is larger than this share of its log, since what is dropped from it frees nothing until all of it is; and what is larger
 * than this share of a chunk has one of its own, so that no more is left empty.
 */
const chunkShare = 1 / 8

/** What a chunk takes beside its bytes, about. */
const chunkOverheadBytes = 500

/** So many that are not used any more wait for the next entries: a new one would wait for the collector to give room back. */
const mostSpares = 32

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

  const spares: Buffer[] = []
  const weightOf = ({ bytes }: Chunk) => bytes.length + chunkOverheadBytes
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)

  function logOf(account: string | null): Log {
    const known = logs.get(account)
    if (known) return known
    if (logs.size >= rememberedLogs) forgetEmpty()
    const log = { account, chunks: [], size: 0, bytes: 0, dropped: 0 }
    logs.set(account, log)
    return log
  }

  function forgetEmpty(): void {
    for (const [account, log] of logs) {
      if (log.size > 0) continue
      droppedElsewhere += log.dropped
      logs.delete(account)
    }
  }

  /** The chunk that has room for a text. */
  function chunkFor(log: Log, text: string): Chunk {
    const last = log.chunks.at(-1)
    const fits = (bytes: number) => last !== undefined && last.used + bytes <= last.bytes.length
    // To count the bytes takes as long as to write them, so it is done near the end of a chunk only.
    if (fits(text.length * mostBytesPerUnit)) return last as Chunk
    const needed = Buffer.byteLength(text)
    if (fits(needed)) return last as Chunk
    const most = Math.min(chunkBytes, Math.floor(log.bytes * chunkShare))
    const size = needed > most * chunkShare ? needed : most
    const room = size === chunkBytes ? spares.pop() : undefined
    const chunk = { bytes: room ?? Buffer.allocUnsafeSlow(size), used: 0, numbers: [], ends: [], head: 0 }
    log.chunks.push(chunk)
    log.bytes += weightOf(chunk)
    bytes += weightOf(chunk)
    return chunk
  }

  function dropOldest(log: Log): void {
    const chunk = log.chunks[0] as Chunk
    chunk.head++
    log.size--
    log.dropped++
    if (chunk.head < chunk.ends.length) return
    log.chunks.shift()
    log.bytes -= weightOf(chunk)
    bytes -= weightOf(chunk)
    if (chunk.bytes.length === chunkBytes && spares.length < mostSpares) spares.push(chunk.bytes)
  }

  /** Takes from the greatest logs, down to one level, until the journal has room again. */
  function cut(): void {
    const goal = limits.bytes * shareAfterCut
    const headNumber = (log: Log) => log.chunks[0]?.numbers[log.chunks[0].head] ?? 0
    const greatestFirst = [...logs.values()].sort((a, b) => b.bytes - a.bytes || headNumber(a) - headNumber(b))
    const level = levelFor(
      greatestFirst.map(log => log.bytes),
      goal
    )
    for (const log of greatestFirst) {
      while (bytes > goal && log.bytes > level && log.size > 0) dropOldest(log)
    }
  }

  const logsOf = (account: string | undefined): Log[] =>
    account === undefined ? [...logs.values()] : [logs.get(account)].filter(log => log !== undefined)

  return {
    record(entry: Omit<KeptEntry, 'number' | 'details'>, details: string): void {
      const text = `${JSON.stringify(entry)}\n${details}`
      const log = logOf(entry.account_id)
      const chunk = chunkFor(log, text)
      chunk.used += chunk.bytes.write(text, chunk.used)
      chunk.numbers.push(++number)
      chunk.ends.push(chunk.used)
      log.size++
      if (log.size > limits.entries) dropOldest(log)
      if (bytes > limits.bytes) cut()
      for (const listener of listeners) listener({ ...entry, number, details })
    },
    /** The entries of one account, or of all, oldest first. */
    entries: (account?: string): KeptEntry[] => inOrder(logsOf(account).flatMap(log => read(log))),
    /** The first entries of one account, or of all, that are behind a number, oldest first; at most `limit`. */
    after: (last: number, limit: number, account?: string): KeptEntry[] =>
      inOrder(logsOf(account).flatMap(log => read(log, last, limit))).slice(0, limit),
    /** The number of the last request. */
    last: (): number => number,
    /** How many entries were dropped for want of room. */
    dropped: (account?: string): number =>
      sum(logsOf(account).map(log => log.dropped)) + (account === undefined ? droppedElsewhere : 0),
    /** How many entries there are. */
    size: (account?: string): number => sum(logsOf(account).map(log => log.size)),
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

const inOrder = (entries: KeptEntry[]): KeptEntry[] => entries.sort((a, b) => a.number - b.number)

/** The entries of a log behind a number, oldest first; at most `limit`. */
function read({ chunks }: Log, last = 0, limit = Number.POSITIVE_INFINITY): KeptEntry[] {
  const found: KeptEntry[] = []
  // Readers mostly ask for the newest.
  const first = chunks.findLastIndex(({ numbers, head }) => (numbers[head] as number) <= last)
  for (const { bytes, numbers, ends, head } of chunks.slice(Math.max(first, 0))) {
    for (let index = head; index < ends.length && found.length < limit; index++) {
      const number = numbers[index] as number
      if (number > last) found.push(parsed(bytes.toString('utf8', ends[index - 1], ends[index]), number))
    }
  }
  return found
}

function parsed(text: string, number: number): KeptEntry {
  const end = text.indexOf('\n')
  return { ...JSON.parse(text.slice(0, end)), number, details: text.slice(end + 1) }
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
