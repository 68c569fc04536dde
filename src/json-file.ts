import { readFileSync } from 'node:fs'
import { UsageError } from './failure.ts'

/**
 * Reads a JSON file that an option names.
 * @param kind what the file is, as people call it
 * @param check turns the content into what it must be, or throws a UsageError
 * @throws {UsageError} that names the file and never repeats what is in it
 */
export function readJsonFile<Content>(kind: string, file: string, check: (content: unknown) => Content): Content {
  try {
    return check(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new UsageError(`the ${kind} ${file} cannot be used: ${reason(error)}`)
  }
}

function reason(error: unknown): string {
  if (error instanceof UsageError) return error.message
  if (error instanceof RangeError) return 'it is nested too deep.'
  // JSON.parse quotes the text, which may hold a key.
  return error instanceof SyntaxError ? 'it is not valid JSON.' : `${(error as NodeJS.ErrnoException).code}.`
}
