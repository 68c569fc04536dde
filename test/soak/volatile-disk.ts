import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Call } from './strace.ts'

// What POSIX promises and no more, as in "All File Systems Are Not Created Equal" (OSDI 2014): a file's content is safe after
// a sync of the file, its name after a sync of the folder; anything else may be lost, in any order and sector by sector.

export type Change = ({ bytes: Buffer; offset: number } | { length: number }) & { at: number }

interface File {
  synced: ArrayBuffer
  pending: Change[]
}

/** Which of the unsynced changes a power loss spares. */
export interface Spared {
  /** Whether a thing happens that happens once in `count`. */
  oneIn(count: number): boolean
}

export const nothing: Spared = { oneIn: () => false }
export const all: Spared = { oneIn: () => true }
export const dice: Spared = { oneIn: count => Math.random() * count < 1 }

const sector = 512
const largestFile = 1024 ** 3

export function volatileDisk(folder: string) {
  const files = new Map<string, File>()
  const syncedNames = new Map<string, File>()
  let pendingNames: { path: string; file: File | undefined; at: number }[] = []
  /** What had happened when the sync began that a thread is waiting for. */
  const begun = new Map<string, number>()
  let now = 0

  function name(path: string, file: File | undefined): void {
    setName(files, path, file)
    pendingNames.push({ path, file, at: now })
  }

  function sync(path: string, until: number): Change[] {
    if (path === folder) {
      for (const { path, file, at } of pendingNames) if (at < until) setName(syncedNames, path, file)
      pendingNames = pendingNames.filter(({ at }) => at >= until)
      return []
    }
    const file = files.get(path)
    if (!file) return []
    const safe = file.pending.filter(({ at }) => at < until)
    for (const change of safe) make(file.synced, change)
    file.pending = file.pending.filter(({ at }) => at >= until)
    return safe
  }

  return {
    /** @returns what is safe from now on */
    apply(call: Exclude<Call, { call: 'send' }>): Change[] {
      const { path } = call
      now++
      // SQLite never reads the shared memory of an earlier run.
      if (path.endsWith('-shm')) return []
      if (call.call === 'sync begins') begun.set(call.thread, now)
      else if (call.call === 'sync') return sync(path, begun.get(call.thread) ?? 0)
      else if (call.call === 'unlink') name(path, undefined)
      else if (call.call === 'write' || call.call === 'truncate') files.get(path)?.pending.push({ ...call, at: now })
      else if (!files.has(path)) name(path, { synced: resizable(), pending: [] })
      return []
    },
    /** Whether a power loss could take anything. */
    clean: (): boolean => pendingNames.length === 0 && [...files.values()].every(({ pending }) => pending.length === 0),
    /** Writes what a power loss at this moment may leave into another folder. */
    writeImage(target: string, spared: Spared): void {
      const names = new Map(syncedNames)
      for (const { path, file } of pendingNames) if (spared.oneIn(2)) setName(names, path, file)
      for (const [path, file] of names) writeFileSync(join(target, basename(path)), contentOf(file, spared))
    }
  }
}

const resizable = () => new ArrayBuffer(0, { maxByteLength: largestFile })

function setName(names: Map<string, File>, path: string, file: File | undefined): void {
  if (file) names.set(path, file)
  else names.delete(path)
}

function contentOf({ synced, pending }: File, spared: Spared): Uint8Array {
  const before = new Uint8Array(synced)
  if (spared === nothing) return before
  const end = pending.reduce((end, change) => Math.max(end, endOf(change)), before.length)
  // Not resizable as the other is: thousands of small steps would take seconds.
  const content = new Uint8Array(end)
  content.set(before)
  let { length } = before
  for (const change of pending.flatMap(change => sectorsOf(change, spared))) {
    if (!spared.oneIn(2)) continue
    if ('length' in change) content.fill(0, change.length)
    else content.set(change.bytes, change.offset)
    length = 'length' in change ? change.length : Math.max(length, endOf(change))
  }
  return content.subarray(0, length)
}

const endOf = (change: Change): number => ('length' in change ? change.length : change.offset + change.bytes.length)

/** A write, whole, or in the parts of which each may be spared alone. */
function sectorsOf(change: Change, spared: Spared): Change[] {
  if ('length' in change || spared.oneIn(2)) return [change]
  const { bytes, offset } = change
  const parts: Change[] = []
  // Sectors are counted from the beginning of the file, so the first part may be shorter.
  for (let at = offset; at < offset + bytes.length; at = (Math.floor(at / sector) + 1) * sector) {
    const end = Math.min((Math.floor(at / sector) + 1) * sector, offset + bytes.length)
    parts.push({ ...change, bytes: bytes.subarray(at - offset, end - offset), offset: at })
  }
  return parts
}

function make(content: ArrayBuffer, change: Change): void {
  const length = 'length' in change ? change.length : Math.max(content.byteLength, endOf(change))
  if (length !== content.byteLength) content.resize(length)
  if ('bytes' in change) new Uint8Array(content).set(change.bytes, change.offset)
}
