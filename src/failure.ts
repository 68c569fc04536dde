/** Stops the program. The message is one sentence for the person at the terminal. */
export class Failure extends Error {
  /** 1: could not start or is not ready; 2: wrong usage. */
  readonly exitCode: 1 | 2 = 1
}

/** Something is wrong with what the user typed or put into a variable or a key file. */
export class UsageError extends Failure {
  override readonly exitCode = 2
}

/** The database cannot be used; the file is as it was. */
export class DatabaseError extends Failure {}
