/** A program that proves one promise by repetition: short as a test, long by `npm run soak`. */
export interface Soak<Options extends Record<string, number>> {
  /** What it proves, as the end of "proves that …". */
  proves: string
  /** Every option with its value for the long run; a test names smaller ones. */
  options: Options
  /**
   * Runs it in a folder of its own.
   * @throws {Error} that names the promise that was broken
   * @returns what ran and what was seen
   */
  run(options: Options, folder: string): Promise<Report>
}

export type Report = Record<string, number | string>

/** @throws {Error} with the message, where a promise is broken */
export function promised(kept: boolean, message: string): asserts kept {
  if (!kept) throw new Error(message)
}
