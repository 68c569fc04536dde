import type { Logger } from 'pino'

/** How long a line may wait for others. */
const delayMilliseconds = 200

interface Log {
  logger: Logger
  /** Writes what still waits; to be awaited before the process ends, which would cut off a write that is under way. */
  flush(): Promise<void>
}

/** Logs go to stderr: for people on a terminal, as JSON elsewhere. */
export async function createLogger(level: string): Promise<Log> {
  // A module of CommonJS has but this export once it is bundled.
  const { default: pino } = await import('pino')
  if (process.stderr.isTTY) {
    const { default: pretty } = await import('pino-pretty')
    const stream = pretty({ destination: 2, sync: true, singleLine: true, ignore: 'pid,hostname' })
    return { logger: pino({ level }, stream), flush: async () => {} }
  }
  const stderr = pino.destination({
    dest: 2,
    sync: false,
    // Each write wakes a thread: one for each line cost a tenth of a create, one for 4 KiB still a twentieth. The stream writes no more
    // than 16 KiB at once.
    minLength: 15_000,
    periodicFlush: delayMilliseconds,
    // Of text, all that waits is measured anew with each line, for 3 % of a replay.
    contentMode: 'buffer'
  })
  // On a full disk the log is lost and the server goes on.
  let lost = false
  stderr.on('error', () => {
    lost = true
    stderr.destroy()
  })
  // The types of `write` know nothing of bytes.
  const write = (line: string) => void (lost || stderr.write(Buffer.from(line) as never))

  // Not flushSync, which passes by a write that is under way, and tries again for ever where none can be done.
  const flush = () => new Promise<void>(done => (lost ? done() : stderr.flush(() => done())))
  return { logger: pino({ level }, { write }), flush }
}
