import type { Clock } from '../clock.ts'
import type { IdempotencyStore } from './idempotency.ts'
import type { Writer } from './writer.ts'

/** Expired records per transaction. One big delete would stop the server: 200 000 rows take more than a second. */
const batch = 100
const pauseBetweenBatchesMilliseconds = 50
const pauseMilliseconds = 60_000

interface Options {
  records: IdempotencyStore
  writer: Writer
  clock: Clock
}

/**
 * Removes one batch of expired records, unless something else is to be written, and tells whether there may be more.
 * It only saves space: every look-up ignores an expired record by itself.
 */
export async function sweepExpired({ records, writer, clock }: Options): Promise<'more' | 'wait'> {
  if (!writer.idle()) return 'wait'
  const removed = await writer.write(() => records.removeExpired(clock.now(), batch))
  return removed === batch ? 'more' : 'wait'
}

/** Sweeps for as long as the server runs. */
export function startSweeper(options: Options) {
  let stopped = false
  let timer = wait(pauseMilliseconds)

  function wait(milliseconds: number): NodeJS.Timeout {
    return setTimeout(sweep, milliseconds).unref()
  }

  async function sweep(): Promise<void> {
    // A locked or full disk: the next round tries again.
    const next = await sweepExpired(options).catch(() => 'wait')
    if (!stopped) timer = wait(next === 'more' ? pauseBetweenBatchesMilliseconds : pauseMilliseconds)
  }

  return {
    stop() {
      stopped = true
      clearTimeout(timer)
    }
  }
}
