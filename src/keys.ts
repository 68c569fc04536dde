import { readFileSync } from 'node:fs'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { UsageError } from './failure.ts'
import { ApiKey } from './topcalls/auth.ts'

/**
 * Reads a key file: a JSON list of keys.
 * @throws {UsageError} that names the entry and the member, but never repeats a key
 */
export function readKeys(file: string): ApiKey[] {
  const keys = parse(file)
  if (!Value.Check(Type.Array(ApiKey), keys)) {
    const [error] = Value.Errors(Type.Array(ApiKey), keys)
    const place = error?.instancePath.slice(1).replaceAll('/', '.') || 'the whole'
    const fault = error?.keyword === 'boolean' ? 'is not a member that keys have' : error?.message
    throw new UsageError(`the key file ${file} is not acceptable: ${place} ${fault}.`)
  }
  const twice = keys.findIndex(({ key }, index) => keys.findIndex(other => other.key === key) < index)
  if (twice >= 0) throw new UsageError(`the key file ${file} lists the key of entry ${twice} more than once.`)
  return keys
}

function parse(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`the key file ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`the key file ${file} is not valid JSON.`)
  }
}
