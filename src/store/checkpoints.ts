import { once } from 'node:events'
import { statfsSync } from 'node:fs'
import { dirname, extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Database } from './database.ts'

/**
 * Pages of the log at which it is copied into the file. At a quarter of that keyed creates were 7 % fewer and their p99 was a third
 * longer, since commits wait for the disk of a checkpoint; at twice as many there were no more creates.
 */
const copiedPages = 12_000

/** On a small disk the log is copied sooner: it keeps its room, which the file needs to grow. */
const shareOfFreeDisk = 1 / 8

/** Pages at which SQLite does so itself, and the server waits for it: more than come while the thread is at work, mostly. */
const autoCheckpointPages = copiedPages + 4_000

/**
 * How long the log is not looked at again: SQLite parses the question anew each time, which takes 25 µs of a program that was just
 * started. Meanwhile some hundred pages come, so that there is time until `autoCheckpointPages`.
 */
const pauseMilliseconds = 20

/** Whether a checkpoint was busy, how many pages the log has, and how many of them are in the file as well. */
export type LogState = [busy: number, log: number, checkpointed: number]

/** Copies the log into the database file beside the work of the server. */
export interface Checkpoints {
  /** Looks, after a commit, whether it is time. */
  committed(): void
  /** Ends the thread, which has the file open; what it does then is finished first. */
  close(): Promise<void>
}

/**
 * Takes checkpoints off the event loop: one writes thousands of pages and waits for the disk, for which every request would
 * wait with it. The thread is started for the first one, which a short suite never comes to, and takes 15 MB. Where it cannot
 * run or does not keep up, SQLite checkpoints as it would without.
 */
export function createCheckpoints(db: Database): Checkpoints {
  // As an object it would be a function of its own that V8 compiles anew each time.
  const state = db.prepare<[], LogState>('PRAGMA wal_checkpoint(NOOP)').raw()
  db.pragma(`wal_autocheckpoint = ${autoCheckpointPages}`)
  const pageBytes = Number(db.pragma('page_size', { simple: true }))
  let nextLook = 0
  let thread: Worker | undefined
  let ended: Promise<unknown> | undefined
  /** Whether the thread is at work; for ever once it has failed, since the next one would as well. */
  let busy = false

  function start(): Worker {
    const program = new URL(`checkpoint-thread${extname(import.meta.url)}`, import.meta.url)
    const worker = new Worker(program, {
      workerData: db.name,
      // Loaders and flags of whoever runs the server are not for it.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 16 }
    })
    worker.unref()
    worker.on('message', () => {
      busy = false
    })
    ended = once(worker, 'exit').catch(() => {})
    return worker
  }

  function freePages(): number {
    const { bavail, bsize } = statfsSync(dirname(db.name))
    return (bavail * bsize) / pageBytes
  }

  function ask(): void {
    const [, log, checkpointed] = state.get() as LogState
    // A little may be left over from the last time, and only when nothing is left the log begins anew.
    if (log === checkpointed || log < Math.min(copiedPages, shareOfFreeDisk * freePages())) return
    busy = true
    thread ??= start()
    thread.postMessage('checkpoint')
  }

  return {
    committed() {
      const now = performance.now()
      if (busy || now < nextLook || db.memory) return
      nextLook = now + pauseMilliseconds
      try {
        ask()
      } catch {
        // Whatever it is, the commit holds and is to be answered.
      }
    },
    async close() {
      thread?.ref()
      thread?.postMessage(null)
      await ended
    }
  }
}
