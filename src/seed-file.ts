import { readFileSync } from 'node:fs'
import { Value } from 'typebox/value'
import { violationsOf } from './control/validation.ts'
import { UsageError } from './failure.ts'
import { State } from './schemas/state.ts'
import { contradictionsIn } from './store/state.ts'

/**
 * Reads a seed file: a state as `GET /_topcalls/v1/state` exports it.
 * @throws {UsageError} that names the file and the first fault, but never repeats a value
 */
export function readSeedFile(file: string): State {
  try {
    return checkedState(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new UsageError(`the seed file ${file} cannot be used: ${reason(error)}`)
  }
}

/** @throws {UsageError} for a document that is no state */
export function checkedState(document: unknown): State {
  const [first] = Value.Check(State, document) ? contradictionsIn(document) : violationsOf(State, document)
  if (first) throw new UsageError(`${first.path || 'it'} ${first.message}.`)
  return document as State
}

function reason(error: unknown): string {
  if (error instanceof UsageError) return error.message
  // JSON.parse quotes the text, which may hold a key.
  return error instanceof SyntaxError ? 'it is not valid JSON.' : `${(error as NodeJS.ErrnoException).code}.`
}
