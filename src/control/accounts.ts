import { Problem } from '../problem.ts'
import { isKey } from '../schemas/key.ts'
import type { KeyStore } from '../store/keys.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The id of the account that a call names, by its id or by one of its keys; undefined where it names none.
 * @throws {Problem} where the name is neither
 */
export function namedAccount(keys: KeyStore, name: string | undefined): string | undefined {
  if (name === undefined) return undefined
  if (uuid.test(name)) return name.toLowerCase()
  const account = isKey(name) ? keys.accountOf(name) : undefined
  if (account) return account
  const message = 'must be the id of an account or one of its keys'
  throw Problem.refusing('invalid_request', [{ path: 'account', message, code: 'invalid_value' }])
}
