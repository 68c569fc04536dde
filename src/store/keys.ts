import { hash, randomBytes, scryptSync } from 'node:crypto'
import { v4 } from 'uuid'
import type { Chance } from '../chance.ts'
import type { AuthMode } from '../modes.ts'
import { type ApiKey, isKey, type KeyInfo, type Scope, type StoredKey, scopes } from '../schemas/key.ts'
import type { AccountStore } from './accounts.ts'

export interface Caller {
  account_id: string
  scopes: readonly Scope[]
}

/** Fixed for ever, so that the same key is the same account after a restart and on every server. */
const accountSalt = '7d1f0c52-6a1e-4c0b-9a55-0e6f1f0a9b3c'

/** About 1 ms a key: account ids stand in files and exports, where a fast hash would let anybody try millions of keys a second. */
const derivationCost = { N: 512, r: 8, p: 1 }

/** The account of a key that is not listed. */
export const derivedAccount = (token: string): string =>
  v4({ random: scryptSync(token, accountSalt, 16, derivationCost) })

const rememberedTokens = 10_000

interface Options {
  auth: AuthMode
  accounts: AccountStore
  chance: Chance
  /** The keys that the server starts with, and that a reset leads back to. */
  atStart: ApiKey[]
}

export type KeyStore = ReturnType<typeof keyStore>

/** The listed keys, in memory; exported without their tokens. */
export function keyStore({ auth, accounts, chance, atStart }: Options) {
  const salt = randomBytes(16).toString('hex')
  const keys = new Map<string, StoredKey>()
  /** The id of a key by its salt and hash, and every salt that there ever was: keys may come from other servers. */
  const ids = new Map<string, string>()
  const salts = new Set([salt])
  // Hashing or deriving costs as much as a look-up in the database.
  const found = new Map<string, StoredKey | Caller | undefined>()
  /** How often an account has drawn an id or a token. */
  const drawn = new Map<string, number>()

  function draw(account: string): string {
    const count = (drawn.get(account) ?? 0) + 1
    drawn.set(account, count)
    const id = chance.uuid(`${account} key`, count)
    return keys.has(id) ? draw(account) : id
  }

  function digest(token: string, withSalt: string): string {
    return hash('sha256', `${withSalt}${token}`, 'base64url')
  }

  const isOf = (token: string, key: StoredKey) => digest(token, key.salt) === key.hash
  const mark = ({ salt, hash }: Pick<StoredKey, 'salt' | 'hash'>) => `${salt} ${hash}`

  function list(key: StoredKey): void {
    keys.set(key.id, key)
    ids.set(mark(key), key.id)
    salts.add(key.salt)
  }

  function drop(key: StoredKey): void {
    keys.delete(key.id)
    ids.delete(mark(key))
  }

  const listedAs = (hashed: Pick<StoredKey, 'salt' | 'hash'>) => keys.get(ids.get(mark(hashed)) ?? '')

  function listedKey(token: string): StoredKey | undefined {
    for (const one of salts) {
      const key = listedAs({ salt: one, hash: digest(token, one) })
      if (key) return key
    }
    return undefined
  }

  function lookUp(token: string): StoredKey | Caller | undefined {
    if (!isKey(token)) return undefined
    if (found.has(token)) return found.get(token)
    if (found.size >= rememberedTokens) found.clear()
    const derived = auth === 'any' ? { account_id: derivedAccount(token), scopes } : undefined
    const result = listedKey(token) ?? derived
    found.set(token, result)
    return result
  }

  /** Lists a key; it takes the place of one with the same token. */
  function put(key: StoredKey): StoredKey {
    const same = listedAs(key)
    if (same) drop(same)
    // An id that came from elsewhere must not push out the key of another account.
    const kept = { ...key, id: keys.has(key.id) ? draw(key.account_id) : key.id }
    list(kept)
    found.clear()
    return kept
  }

  function add({ key: token, account_id, scopes, revoked = false, expires_at }: ApiKey, id?: string): StoredKey {
    const replaced = listedKey(token)
    if (replaced) drop(replaced)
    const facts = { account_id: account_id.toLowerCase(), scopes, revoked, ...(expires_at && { expires_at }) }
    return put({ id: replaced?.id ?? id ?? draw(facts.account_id), ...facts, salt, hash: digest(token, salt) })
  }

  const starting = atStart.map(key => ({ key, id: add(key).id }))

  return {
    /** A token that nobody can guess, unless there is a seed. */
    newToken: (account: string): string =>
      `tc_live_${chance.seeded ? draw(account) : randomBytes(18).toString('base64url')}`,
    /** The id of an account that nobody has. */
    newAccount: (): string => draw('new account'),
    /** Whether a key, as it was exported or with its token, is listed for another account. */
    isOfAnother(key: Pick<StoredKey, 'salt' | 'hash'> | Pick<ApiKey, 'key'>, account: string): boolean {
      const listed = 'key' in key ? listedKey(key.key) : listedAs(key)
      return listed !== undefined && listed.account_id !== account
    },
    /** Who calls with a token; nobody where it is unknown, revoked or expired. */
    callerOf(token: string): Caller | undefined {
      const key = lookUp(token)
      if (!key || !('salt' in key)) return key
      const { revoked, expires_at, account_id } = key
      const expired = expires_at !== undefined && accounts.clockOf(account_id).now() >= Date.parse(expires_at)
      return revoked || expired ? undefined : key
    },
    /** The account that a token names, also when the key is revoked. */
    accountOf: (token: string): string | undefined => lookUp(token)?.account_id,
    add,
    /** Every listed key of one account, or of all. */
    list: (account?: string): StoredKey[] =>
      [...keys.values()].filter(({ account_id }) => account === undefined || account_id === account),
    revoke(id: string): void {
      const key = keys.get(id)
      if (key) key.revoked = true
    },
    /**
     * Puts keys, as they were exported or with their tokens, in the place of those of one account, or of all. The keys
     * of the start stay, unless the others say something else of them.
     */
    replace(account: string | undefined, others: (StoredKey | ApiKey)[]): void {
      const concerned = (id: string) => account === undefined || id.toLowerCase() === account
      for (const key of keys.values()) if (concerned(key.account_id)) drop(key)
      for (const one of drawn.keys()) if (concerned(one)) drawn.delete(one)
      for (const { key, id } of starting) {
        const said = others.some(other => ('key' in other ? other.key === key.key : isOf(key.key, other)))
        if (concerned(key.account_id) && !said) add(key, id)
      }
      for (const other of others) 'key' in other ? add(other) : put(other)
      found.clear()
    },
    /** Returns what takes everything back to how it is now. */
    snapshot(): () => void {
      const before = [...keys]
      return () => {
        keys.clear()
        ids.clear()
        for (const [, key] of before) list(key)
        found.clear()
      }
    }
  }
}

/** What may be told of a key. */
export function keyInfo({ salt: _, hash: __, ...info }: StoredKey): KeyInfo {
  return info
}
