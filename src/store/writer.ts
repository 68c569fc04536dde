import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../problem.ts'
import { type Database, isBusy, isStorageFailure } from './database.ts'

/** How long a request waits for a lock that another process holds, in real milliseconds. */
const patienceMilliseconds = 5_000

interface Job {
  work: () => unknown
  deadline: number
  resolve: (result: never) => void
  reject: (error: unknown) => void
  outcome?: { result: unknown } | { error: unknown }
}

/** Serializes the access to the database. */
export interface Writer {
  /**
   * Runs `work` in a transaction that it shares with all writes of the same turn of the event loop, and resolves once
   * that transaction is committed. `work` is synchronous and undoes only itself when it throws. It may be run more than
   * once, when the transaction could not start or a neighbour threw; only the effects of the last run are kept.
   * @throws {Problem} `unavailable` when the database stays locked for 5 s or the disk fails; nothing is stored then
   */
  write<T>(work: () => T): Promise<T>
  /** Runs `work`, which only reads, and waits for a lock as `write` does. */
  read<T>(work: () => T): Promise<T>
  /** Whether nothing waits to be written. */
  idle(): boolean
}

export function createWriter(db: Database): Writer {
  let queue: Job[] = []
  let scheduled = false

  const begin = db.prepare('BEGIN')
  const commit = db.prepare('COMMIT')

  const runAll = db.transaction((jobs: Job[]) => {
    for (const job of jobs) job.outcome = { result: job.work() }
  })

  // A transaction inside a transaction is a savepoint: a job that throws does not fail its neighbours.
  const savepoint = db.transaction((work: () => unknown) => work())
  const runEach = db.transaction((jobs: Job[]) => {
    for (const job of jobs) {
      try {
        job.outcome = { result: savepoint(job.work) }
      } catch (error) {
        // After some failures (a full disk) SQLite has rolled everything back by itself.
        if (!db.inTransaction) throw error
        job.outcome = { error }
      }
    }
  })

  // IMMEDIATE: a transaction that read before it locked would fail at once with SQLITE_BUSY_SNAPSHOT.
  function commitTogether(jobs: Job[]): void {
    try {
      runAll.immediate(jobs)
    } catch (error) {
      if (isStorageFailure(error)) throw error
      // Savepoints cost as much as the inserts, so they are made only where some job has thrown.
      runEach.immediate(jobs)
    }
  }

  function beginReading(): void {
    if (db.inTransaction) return
    begin.run()
    setImmediate(endReading)
  }

  function endReading(): void {
    if (db.inTransaction) commit.run()
  }

  function flush(): void {
    scheduled = false
    endReading()
    const jobs = queue
    queue = []
    try {
      commitTogether(jobs)
    } catch (error) {
      const patientUntil = isBusy(error) ? performance.now() : Number.POSITIVE_INFINITY
      for (const job of jobs) {
        if (job.deadline > patientUntil) queue.push(job)
        else job.reject(translated(error))
      }
      if (queue.length > 0) schedule(() => setTimeout(flush, pause()))
      return
    }
    for (const { outcome, resolve, reject } of jobs) {
      if (outcome && 'result' in outcome) resolve(outcome.result as never)
      else reject(translated(outcome?.error))
    }
  }

  function schedule(start: () => void): void {
    if (scheduled) return
    scheduled = true
    start()
  }

  return {
    write(work) {
      return new Promise((resolve, reject) => {
        queue.push({ work, resolve, reject, deadline: performance.now() + patienceMilliseconds })
        // The check phase follows the poll phase of the same turn: every request that this turn read is in the queue,
        // and a single one has not waited.
        schedule(() => setImmediate(flush))
      })
    },
    async read(work) {
      const deadline = performance.now() + patienceMilliseconds
      for (;;) {
        try {
          beginReading()
          return work()
        } catch (error) {
          if (!isBusy(error) || performance.now() >= deadline) throw translated(error)
          await sleep(pause())
        }
      }
    },
    idle: () => queue.length === 0
  }
}

/** Milliseconds until the next try; spread, so that processes do not try in step. */
function pause(): number {
  return 5 + Math.random() * 10
}

/** A failure of the storage as an answer; anything else as it is. */
function translated(error: unknown): unknown {
  if (!isStorageFailure(error)) return error
  const detail = isBusy(error)
    ? `The database stayed locked by another process for ${patienceMilliseconds / 1000} s; nothing was stored`
    : `The database cannot be used (${error.code}: ${error.message}); nothing was stored`
  return new Problem('unavailable', detail, { cause: error })
}
