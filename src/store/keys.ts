import { hash, randomBytes, randomUUID } from 'node:crypto'
import { v5 as uuidV5 } from 'uuid'
import type { AuthMode } from '../modes.ts'
import { type ApiKey, isKey, type KeyInfo, type Scope, type StoredKey, scopes } from '../schemas/key.ts'
import type { AccountStore } from './accounts.ts'

export interface Caller {
  account_id: string
  scopes: readonly Scope[]
}

/** Namespace of the account ids that are derived from keys; random once, fixed for ever. */
const accountNamespace = '7d1f0c52-6a1e-4c0b-9a55-0e6f1f0a9b3c'

/** The account of a key that is not listed. */
export const derivedAccount = (token: string): string => uuidV5(token, accountNamespace)

const rememberedTokens = 1_000

export type KeyStore = ReturnType<typeof keyStore>

/** The keys that are listed, in memory and without their tokens. */
export function keyStore({ auth, accounts, listed }: { auth: AuthMode; accounts: AccountStore; listed: ApiKey[] }) {
  const salt = randomBytes(16).toString('hex')
  const keys = new Map<string, StoredKey>()
  // Hashing or deriving costs as much as a look-up in the database.
  const found = new Map<string, StoredKey | Caller | undefined>()

  function digest(token: string, withSalt: string): string {
    return hash('sha256', `${withSalt}${token}`, 'base64url')
  }

  /** A key may have been imported with the salt of another server. */
  function listedKey(token: string): StoredKey | undefined {
    const salts = new Set([...keys.values()].map(key => key.salt))
    const digests = new Map([...salts].map(one => [one, digest(token, one)]))
    return [...keys.values()].find(key => digests.get(key.salt) === key.hash)
  }

  /** The same key is the same account after a restart, because its id is derived from it. */
  function lookUp(token: string): StoredKey | Caller | undefined {
    if (found.has(token)) return found.get(token)
    if (found.size >= rememberedTokens) found.clear()
    const derived = auth === 'any' ? { account_id: derivedAccount(token), scopes } : undefined
    const result = isKey(token) ? (listedKey(token) ?? derived) : undefined
    found.set(token, result)
    return result
  }

  /** Lists a key; it takes the place of one with the same token. */
  function put(key: StoredKey): StoredKey {
    for (const { id, salt, hash } of keys.values()) if (salt === key.salt && hash === key.hash) keys.delete(id)
    // An id that came from elsewhere must not push out the key of another account.
    const id = keys.has(key.id) ? randomUUID() : key.id
    keys.set(id, { ...key, id })
    found.clear()
    return { ...key, id }
  }

  function add({ key: token, account_id, scopes, revoked = false, expires_at }: ApiKey): StoredKey {
    const replaced = listedKey(token)
    if (replaced) keys.delete(replaced.id)
    const id = replaced?.id ?? randomUUID()
    return put({ id, account_id, scopes, revoked, ...(expires_at && { expires_at }), salt, hash: digest(token, salt) })
  }

  for (const key of listed) add(key)

  /** Takes away the keys of one account, or all. */
  function clear(account: string | undefined): void {
    for (const { id, account_id } of keys.values()) if (account === undefined || account_id === account) keys.delete(id)
    found.clear()
  }

  return {
    /** Who calls with a token; nobody where it is unknown, revoked or expired. */
    callerOf(token: string): Caller | undefined {
      const key = lookUp(token)
      if (!key || !('salt' in key)) return key
      const expired =
        key.expires_at !== undefined && accounts.find(key.account_id).clock.now() >= Date.parse(key.expires_at)
      return key.revoked || expired ? undefined : key
    },
    /** The account that a token names, also when the key is revoked. */
    accountOf: (token: string): string | undefined => lookUp(token)?.account_id,
    add,
    /** Every listed key of one account, or of all. */
    list: (account?: string): StoredKey[] =>
      [...keys.values()].filter(({ account_id }) => account === undefined || account_id === account),
    /** Revokes a key and tells whether there is one of this id. */
    revoke(id: string): boolean {
      const key = keys.get(id)
      if (key) key.revoked = true
      return key !== undefined
    },
    /** Puts keys in the place of those of one account, or of all: as they were exported, or with their tokens. */
    replace(account: string | undefined, kept: (StoredKey | ApiKey)[]): void {
      clear(account)
      for (const key of kept) 'key' in key ? add(key) : put({ ...key })
    },
    /** The keys that the server started with. */
    atStart: (account?: string): ApiKey[] =>
      listed.filter(({ account_id }) => account === undefined || account_id === account)
  }
}

/** What may be told of a key. */
export function keyInfo({ salt: _, hash: __, ...info }: StoredKey): KeyInfo {
  return info
}
