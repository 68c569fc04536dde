import type { AccountStore } from './accounts.ts'
import type { IdempotencyStore } from './idempotency.ts'
import type { Writer } from './writer.ts'

/** Records per transaction. One big delete would stop the server: 200 000 rows take more than a second. */
const batch = 100
const pauseBetweenBatchesMilliseconds = 50
const pauseMilliseconds = 60_000

interface Options {
  records: IdempotencyStore
  writer: Writer
  accounts: AccountStore
}

/**
 * Removes expired records, one batch at a time, unless something else is to be written. It only saves space: every
 * look-up ignores an expired record by itself.
 */
export function createSweeper({ records, writer, accounts }: Options) {
  /** The last row that was looked at. */
  let after = 0

  /** Looks at one batch and tells whether there is a reason to look at the next. */
  return async function sweep(): Promise<'more' | 'wait'> {
    if (!writer.idle()) return 'wait'
    const { removed, last } = await writer.write(() => records.removeExpired(accounts.now, batch, after))
    // Records are in the order of their age, unless a clock was steered: then younger ones may have expired first.
    const more = last !== undefined && (removed > 0 || accounts.anySteered())
    after = more ? last : 0
    return more ? 'more' : 'wait'
  }
}

/** Sweeps for as long as the server runs. */
export function startSweeper(options: Options) {
  const sweepBatch = createSweeper(options)
  let stopped = false
  let timer = wait(pauseMilliseconds)

  function wait(milliseconds: number): NodeJS.Timeout {
    return setTimeout(sweep, milliseconds).unref()
  }

  async function sweep(): Promise<void> {
    // A locked or full disk: the next round tries again.
    const next = await sweepBatch().catch(() => 'wait')
    if (!stopped) timer = wait(next === 'more' ? pauseBetweenBatchesMilliseconds : pauseMilliseconds)
  }

  return {
    stop() {
      stopped = true
      clearTimeout(timer)
    }
  }
}
