import { parentPort, workerData } from 'node:worker_threads'
import Sqlite from 'better-sqlite3'
import type { LogState } from './checkpoints.ts'

// The thread that checkpoints.ts starts, with a connection of its own. Each message asks for a checkpoint, `null` for the end.

/** Each copies what was committed during the one before it: a tenth of that, then next to nothing. */
const mostPasses = 4

const port = parentPort as NonNullable<typeof parentPort>
const db = new Sqlite(workerData, { fileMustExist: true })
const pass = db.prepare<[], LogState>('PRAGMA wal_checkpoint(PASSIVE)').raw()

port.on('message', (message: 'checkpoint' | null) => {
  if (message === null) {
    db.close()
    port.close()
    return
  }
  try {
    checkpoint()
  } catch {
    // Nothing is lost where the disk fails, since the log keeps what was not copied; the server meets the same failure.
  }
  port.postMessage(null)
})

/** Copies until nothing is left, for only then SQLite writes the log from its beginning again. */
function checkpoint(): void {
  let copied = -1
  for (let passes = 0; passes < mostPasses; passes++) {
    const [, log, checkpointed] = pass.get() as LogState
    if (log === copied) return
    copied = checkpointed
  }
}
