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
 * Removes expired records a few at a time while nothing else is written. It only saves space: every look-up ignores an
 * expired record by itself.
 */
export function startSweeper({ records, writer, clock }: Options) {
  let timer = wait(pauseMilliseconds)
  let stopped = false

  function wait(milliseconds: number): NodeJS.Timeout {
    return setTimeout(sweep, milliseconds).unref()
  }

  async function sweep(): Promise<void> {
    let removed = 0
    try {
      if (writer.idle()) removed = await writer.write(() => records.removeExpired(clock.now(), batch))
    } catch {
      // A locked or full disk: the next round tries again.
    }
    if (!stopped) timer = wait(removed === batch ? pauseBetweenBatchesMilliseconds : pauseMilliseconds)
  }

  return {
    stop() {
      stopped = true
      clearTimeout(timer)
    }
  }
}
