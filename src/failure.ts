/** Stops the program. The message is one sentence for the person at the terminal. */
export class Failure extends Error {
  /** 1: could not start or is not ready; 2: wrong usage; 126, 127: `exec` could not run its command. */
  readonly exitCode: number

  constructor(message: string, exitCode = 1, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** Something is wrong with what the user typed or put into a variable or a key file. */
export class UsageError extends Failure {
  constructor(message: string) {
    super(message, 2)
  }
}

/** The database cannot be used; the file is as it was. */
export class DatabaseError extends Failure {
  constructor(message: string, options?: ErrorOptions) {
    super(message, 1, options)
  }
}
