import { readFileSync } from 'node:fs'
import { UsageError } from './failure.ts'
import { type ApiKey, checkedKeys } from './topcalls/auth.ts'

/**
 * Reads a key file: a JSON list of keys.
 * @throws {UsageError} that names file, entry and member, but never repeats a key
 */
export function readKeys(file: string): ApiKey[] {
  try {
    return checkedKeys(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new UsageError(`the key file ${file} cannot be used: ${reason(error)}`)
  }
}

function reason(error: unknown): string {
  if (error instanceof UsageError) return error.message
  // JSON.parse quotes the text, and with it a key.
  return error instanceof SyntaxError ? 'it is not valid JSON.' : `${(error as NodeJS.ErrnoException).code}.`
}
