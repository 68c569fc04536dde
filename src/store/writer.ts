import { Problem } from '../problem.ts'
import { asProblem, type Database, isBusy, isStorageFailure, obstacleOf, patienceMilliseconds } from './database.ts'

/** Enough to make the commit's share of a request small, and few enough to keep a transaction below some 50 ms. */
const mostJobs = 1_000

interface Job {
  work: () => unknown
  deadline: number
  resolve: (result: never) => void
  reject: (error: unknown) => void
  outcome?: { result: unknown } | { error: unknown }
}

/** Gives the database the work of many requests at once. */
export interface Writer {
  /**
   * Runs `work` in a transaction that it shares with all writes of the same turn of the event loop, and of the next while
   * each brings more, and resolves once that transaction is committed. `work` is synchronous and undoes only itself when
   * it throws. It may be run more than once, when the transaction could not start or a neighbour threw; only the effects
   * of the last run are kept.
   * @throws {Problem} `unavailable` when the database stays locked for 5 s or the disk fails; nothing is stored then
   */
  write<T>(work: () => T): Promise<T>
  /** The same for `work` that only reads: it waits for no writer. */
  read<T>(work: () => T): Promise<T>
  /** Whether nothing waits to be written. */
  idle(): boolean
  /** Whether the last write failed for want of a disk that takes it; a lock of another process is no such failure. */
  failing(): boolean
}

/** Memory that repeats what the database holds. */
export interface Follower {
  /** What was read or written so far holds. */
  committed(): void
  /** Some of what was written since the last commit does not hold. */
  undone(): void
}

/** @param committed called after each transaction that wrote */
export function createWriter(db: Database, follower: Follower, committed = () => {}): Writer {
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
        follower.undone()
        job.outcome = { error }
      }
    }
  })

  const obstacle = obstacleOf(db)
  let failing = false

  function runJobs(mode: 'immediate' | 'deferred', jobs: Job[]): void {
    try {
      runAll[mode](jobs)
    } catch (error) {
      if (isStorageFailure(error)) throw error
      // Savepoints cost as much as the inserts, so they are made only where some job has thrown.
      follower.undone()
      runEach[mode](jobs)
    }
  }

  function together(mode: 'immediate' | 'deferred', jobs: Job[]): void {
    try {
      runJobs(mode, jobs)
    } catch (error) {
      follower.undone()
      throw error
    }
    follower.committed()
  }

  function writeJobs(jobs: Job[]): void {
    // A few microseconds per transaction; without it, answers would be sent for what nobody will find again.
    const said = obstacle()
    if (said) throw new Problem('unavailable', `${said}; nothing was stored`)
    // IMMEDIATE: a transaction that read before it locked would fail at once with SQLITE_BUSY_SNAPSHOT.
    together('immediate', jobs)
  }

  const writes = turnQueue(jobs => {
    try {
      writeJobs(jobs)
      failing = false
      committed()
    } catch (error) {
      failing = !isBusy(error)
      throw error
    }
  })
  const reads = turnQueue(jobs => together('deferred', jobs))
  return { write: writes.add, read: reads.add, idle: writes.isEmpty, failing: () => failing }
}

/**
 * Collects the jobs that one turn of the event loop, or several in close succession, bring and runs them in one go.
 * Besides the transaction they share the wake-up of their clients: answers that leave one after the other cost a third
 * less than answers that leave one by one.
 */
function turnQueue(run: (jobs: Job[]) => void) {
  let queue: Job[] = []
  let scheduled = false

  function schedule(start: () => void): void {
    if (scheduled) return
    scheduled = true
    start()
  }

  /** Waits for as long as each turn brings more; 12 % more creates/s at 32 connections than to run after the first. */
  function gather(seen: number): void {
    if (queue.length > seen && queue.length < mostJobs) setImmediate(gather, queue.length)
    else flush()
  }

  function flush(): void {
    scheduled = false
    const jobs = queue
    queue = []
    try {
      run(jobs)
    } catch (error) {
      const patientUntil = isBusy(error) ? performance.now() : Number.POSITIVE_INFINITY
      for (const job of jobs) {
        if (job.deadline > patientUntil) queue.push(job)
        else job.reject(asProblem(error))
      }
      if (queue.length > 0) schedule(() => setTimeout(flush, pause()))
      return
    }
    for (const { outcome, resolve, reject } of jobs) {
      if (outcome && 'result' in outcome) resolve(outcome.result as never)
      else reject(asProblem(outcome?.error))
    }
  }

  return {
    add<T>(work: () => T): Promise<T> {
      return new Promise((resolve, reject) => {
        queue.push({ work, resolve, reject, deadline: performance.now() + patienceMilliseconds })
        // The check phase follows the poll phase of the same turn: every request that this turn read is in the queue,
        // and a single one has not waited.
        schedule(() => setImmediate(gather, 1))
      })
    },
    isEmpty: () => queue.length === 0
  }
}

/** Milliseconds until the next try; spread, so that processes do not try in step. */
function pause(): number {
  return 5 + Math.random() * 10
}
