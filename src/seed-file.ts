import { Value } from 'typebox/value'
import { UsageError } from './failure.ts'
import { readJsonFile } from './json-file.ts'
import { State } from './schemas/state.ts'
import { contradictionsIn } from './store/state-document.ts'
import { violationsOf } from './violations.ts'

/**
 * Reads a seed file: a state as `GET /_topcalls/v1/state` exports it.
 * @throws {UsageError} that names the file and the first fault, but never repeats a value
 */
export const readSeedFile = (file: string): State => readJsonFile('seed file', file, checkedState)

/** @throws {UsageError} for a document that is no state */
export function checkedState(document: unknown): State {
  const [first] = Value.Check(State, document) ? contradictionsIn(document) : violationsOf(State, document)
  if (first) throw new UsageError(`${first.path || 'it'} ${first.message}.`)
  return document as State
}
