import { hash } from 'node:crypto'
import { instantOf } from '../clock.ts'
import type { StoredRecord } from '../schemas/state.ts'
import type { StoreContext } from './resources.ts'
import { rowsByAccount } from './rows.ts'
import { type Reading, stateTable } from './state-table.ts'
import { noText } from './texts.ts'

/** How long an answer is kept: 24 hours, as TopCalls documents. */
export const windowMilliseconds = 86_400_000

/** The instant at which a key is free again. */
export const expiryOf = (createdAt: number): number => createdAt + windowMilliseconds

export interface IdempotencyRecord {
  account_id: string
  key: string
  /** Method and route template that the key was first used on. */
  operation: string
  /** Keyed hash of the canonical request body. */
  fingerprint: string
  status: number
  content_type: string
  /** The answer's text, as it was sent; in UTF-8 its bytes. */
  body: string
  /** Milliseconds since 1970-01-01 UTC. */
  created_at: number
}

/** What a look-up does not know already, as the table has it. */
type Row = Omit<IdempotencyRecord, 'account_id' | 'key' | 'operation' | 'content_type'> & {
  operation: number
  content_type: number
}

/** What a look at some records came to. */
export interface Sweep {
  removed: number
  last: number | undefined
}

export type IdempotencyStore = ReturnType<typeof idempotencyStore>

export function idempotencyStore({ db, texts }: StoreContext) {
  // Parameters are bound by position: by name takes twice as long, and these run with every request.
  // The window is half open: a record lives while now < created_at + window.
  const alive = `created_at > ? - ${windowMilliseconds}`
  const select = db.prepare<[account: number, key: string, now: number], Row>(
    `SELECT operation, fingerprint, status, content_type, body, created_at
     FROM idempotency_records WHERE account = ? AND key = ? AND ${alive}`
  )
  // Only an expired record can stand in the way: the caller has looked for a living one in the same transaction.
  const put = db.prepare<(string | number)[]>(
    `INSERT OR REPLACE INTO idempotency_records
      (account, key, operation, fingerprint, status, content_type, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
  )
  const following = db.prepare<[rowid: number, limit: number], { rowid: number; account: number; created_at: number }>(
    'SELECT rowid, account, created_at FROM idempotency_records WHERE rowid > ? ORDER BY rowid LIMIT ?'
  )
  const first = db.prepare<[], number>('SELECT created_at FROM idempotency_records ORDER BY rowid LIMIT 1').pluck()
  const remove = db.prepare<[rowid: number]>('DELETE FROM idempotency_records WHERE rowid = ?')
  const newest = db
    .prepare<[account: number], number | null>('SELECT max(created_at) FROM idempotency_records WHERE account = ?')
    .pluck()
  const rows = rowsByAccount<IdempotencyRecord>(db, texts, 'idempotency_records', ['operation', 'content_type'])
  const secret = db.prepare<[], string>('SELECT hex(secret) FROM fingerprint_secret').pluck().get()

  const evictOfAll = db.prepare<[key: string]>('DELETE FROM idempotency_records WHERE key = ?')
  const evict = db.prepare<[key: string, account: number]>(
    'DELETE FROM idempotency_records WHERE key = ? AND account = ?'
  )

  /** Keeps an answer; a record of the same key that has expired gives way. */
  function keep(record: IdempotencyRecord): void {
    const { account_id, key, operation, fingerprint, status, content_type, body, created_at } = record
    const { number } = texts
    const [account, type] = [number(account_id), number(content_type)]
    put.run(account, key, number(operation), fingerprint, status, type, body, created_at)
  }

  return {
    ...rows,
    ...stateTable(rows, { storedOf: storedRecord, rowOf: recordRow, insert: keep }),
    /** Names the secret of this database without telling it: fingerprints of one name can be compared. */
    fingerprintDomain: hash('sha256', `domain ${secret}`).slice(0, 16),
    /** Removes the record of a key, of one account or of all, and tells how many there were. */
    evict: (key: string, account?: string): number =>
      (account === undefined ? evictOfAll.run(key) : evict.run(key, texts.known(account) ?? noText)).changes,
    /** The record of a key at an instant, unless it has expired. */
    find(account: string, key: string, now: number): IdempotencyRecord | undefined {
      const number = texts.known(account)
      const row = number === undefined ? undefined : select.get(number, key, now)
      if (!row) return undefined
      const { operation, fingerprint, status, content_type, body, created_at } = row
      // Spelled out, since a spread of what the driver returns takes 0.3 us.
      return {
        account_id: account,
        key,
        operation: texts.text(operation),
        fingerprint,
        status,
        content_type: texts.text(content_type),
        body,
        created_at
      }
    },
    put: keep,
    /**
     * Looks at `limit` records, in the order in which they were written, and removes those that have expired.
     * @param nowOf the present instant of an account
     * @param after the row to begin behind
     * @returns how many were removed, and the last row that was looked at, or undefined where there are no more
     */
    removeExpired(nowOf: (account: string) => number, limit: number, after = 0): Sweep {
      const rows = following.all(after, limit)
      const expired = rows.filter(({ account, created_at }) => nowOf(texts.text(account)) >= expiryOf(created_at))
      for (const { rowid } of expired) remove.run(rowid)
      return { removed: expired.length, last: rows.length === limit ? rows.at(-1)?.rowid : undefined }
    },
    /** The same for the first records, where the first of all would have expired by the clock of this account. */
    removeOldest(nowOf: (account: string) => number, limit: number, now: number): void {
      // One number is read in a third of the time of two rows, and mostly nothing has expired.
      const oldest = first.get()
      if (oldest !== undefined && now >= expiryOf(oldest)) this.removeExpired(nowOf, limit)
    },
    /** The newest `created_at` of an account, or 0; looks at each of its records. */
    newestAt: (account: string): number => newest.get(texts.known(account) ?? noText) ?? 0,
    /**
     * SHA-256 over a text, keyed with the secret of this database. A prefix is key enough where nobody sees the hash, and
     * takes a quarter of the time of an HMAC.
     */
    fingerprint: (text: string): string => hash('sha256', `${secret}${text}`, 'base64url')
  }
}

/** A kept answer as it is exported. */
export function storedRecord({ account_id: _, created_at, ...record }: IdempotencyRecord): StoredRecord {
  return { ...record, created_at: new Date(created_at).toISOString() }
}

/** The row of an answer that comes from a document. */
function recordRow(record: StoredRecord, { account_id, comparable }: Reading): IdempotencyRecord {
  const fingerprint = comparable ? (record.fingerprint ?? '') : ''
  return { ...record, account_id, fingerprint, created_at: instantOf(record.created_at) }
}
