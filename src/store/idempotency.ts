import { hash } from 'node:crypto'
import type { Database } from './database.ts'

/** How long an answer is kept: 24 hours, as TopCalls documents. */
export const windowMilliseconds = 86_400_000

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

export type IdempotencyStore = ReturnType<typeof idempotencyStore>

export function idempotencyStore(db: Database) {
  // Parameters are bound by position: by name takes twice as long, and these run with every request.
  // The window is half open: a record lives while now < created_at + window. Only these two lines say so.
  const alive = `created_at > ? - ${windowMilliseconds}`
  const expired = `created_at <= ? - ${windowMilliseconds}`
  const select = db.prepare<[account: string, key: string, now: number], IdempotencyRecord>(
    `SELECT * FROM idempotency_records WHERE account_id = ? AND key = ? AND ${alive}`
  )
  // Only an expired record can stand in the way: the caller has looked for a living one in the same transaction.
  const put = db.prepare<(string | number)[]>(
    `INSERT OR REPLACE INTO idempotency_records
      (account_id, key, operation, fingerprint, status, content_type, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
  )
  const oldestExpired = db
    .prepare<[now: number], number>(
      `SELECT rowid FROM (SELECT rowid, created_at FROM idempotency_records ORDER BY rowid LIMIT 1) WHERE ${expired}`
    )
    .pluck()
  const remove = db.prepare<[rowid: number]>('DELETE FROM idempotency_records WHERE rowid = ?')
  const newest = db
    .prepare<[], number>('SELECT created_at FROM idempotency_records ORDER BY rowid DESC LIMIT 1')
    .pluck()
  const secret = db.prepare<[], string>('SELECT hex(secret) FROM fingerprint_secret').pluck().get()

  return {
    /** The record of a key at an instant, unless it has expired. */
    find: (account: string, key: string, now: number) => select.get(account, key, now),
    /** Keeps an answer; a record of the same key that has expired gives way. */
    put({ account_id, key, operation, fingerprint, status, content_type, body, created_at }: IdempotencyRecord): void {
      put.run(account_id, key, operation, fingerprint, status, content_type, body, created_at)
    },
    /** Removes the oldest expired records and tells how many; `limit` bounds the work. */
    removeExpired(now: number, limit: number): number {
      for (let removed = 0; removed < limit; removed++) {
        const rowid = oldestExpired.get(now)
        if (rowid === undefined) return removed
        remove.run(rowid)
      }
      return limit
    },
    /** The newest `created_at`, or 0. */
    newestAt: (): number => newest.get() ?? 0,
    /**
     * SHA-256 over a text, keyed with the secret of this database. A prefix is key enough where nobody sees the hash, and
     * takes a quarter of the time of an HMAC.
     */
    fingerprint: (text: string): string => hash('sha256', `${secret}${text}`, 'base64url')
  }
}
