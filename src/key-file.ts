import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { UsageError } from './failure.ts'
import { readJsonFile } from './json-file.ts'
import { shortened } from './redaction.ts'
import { ApiKey } from './schemas/key.ts'

/**
 * Reads a key file: a JSON list of keys.
 * @throws {UsageError} that names file, entry and member, but never repeats a key
 */
export const readKeys = (file: string): ApiKey[] => readJsonFile('key file', file, checkedKeys)

/**
 * A list of keys as it may come from a file.
 * @throws {UsageError} that names the entry and the member, but never repeats a key
 */
export function checkedKeys(keys: unknown): ApiKey[] {
  const List = Type.Array(ApiKey)
  if (!Value.Check(List, keys)) {
    const [error] = Value.Errors(List, keys)
    const [entry, member] = error?.instancePath.slice(1).split('/') ?? []
    throw new UsageError(entry ? `key ${entry}: ${said(member, error?.keyword)}.` : 'the keys must be a list.')
  }
  const seen = new Set<string>()
  for (const [index, { key }] of keys.entries()) {
    if (seen.has(key)) throw new UsageError(`key ${index} is in the list twice.`)
    seen.add(key)
  }
  return keys
}

function said(member = '', keyword = ''): string {
  if (keyword === 'required' || member === '') return 'needs key, account_id and scopes'
  if (keyword === 'boolean') return `${shortened(member)} is not a member that keys have`
  const schema = ApiKey.properties[member as keyof ApiKey] as { description?: string } | undefined
  return `${member} is not acceptable (${schema?.description})`
}
