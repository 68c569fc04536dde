import { createHmac } from 'node:crypto'
import type { Database } from './database.ts'

/** How long an answer is kept: 24 hours, as TopCalls documents. */
export const windowMilliseconds = 86_400_000

export interface IdempotencyRecord {
  account_id: string
  key: string
  /** Method and route template that the key was first used on. */
  operation: string
  /** Keyed hash of the canonical request body. */
  fingerprint: Buffer
  status: number
  content_type: string
  /** The answer's bytes, as they were sent. */
  body: Buffer
  /** Milliseconds since 1970-01-01 UTC. */
  created_at: number
}

export type IdempotencyStore = ReturnType<typeof idempotencyStore>

export function idempotencyStore(db: Database) {
  // The window is half open: a record lives while now < created_at + window. Only these two lines say so; they are
  // spelled as a comparison with the bare column, so that the index on it serves both.
  const alive = `created_at > @now - ${windowMilliseconds}`
  const expired = `created_at <= @now - ${windowMilliseconds}`
  const select = db.prepare<{ account: string; key: string; now: number }, IdempotencyRecord>(
    `SELECT * FROM idempotency_records WHERE account_id = @account AND key = @key AND ${alive}`
  )
  // Only an expired record can stand in the way: the caller has looked for a living one in the same transaction.
  const put = db.prepare<IdempotencyRecord>(`
    INSERT OR REPLACE INTO idempotency_records VALUES (
      @account_id, @key, @operation, @fingerprint, @status, @content_type, @body, @created_at)`)
  const removeExpired = db.prepare<{ now: number; limit: number }>(`
    DELETE FROM idempotency_records WHERE rowid IN (
      SELECT rowid FROM idempotency_records WHERE ${expired} ORDER BY created_at LIMIT @limit)`)
  const newest = db.prepare<[], number | null>('SELECT max(created_at) FROM idempotency_records').pluck()
  const secret = db.prepare<[], Buffer>('SELECT secret FROM fingerprint_secret').pluck().get() as Buffer

  return {
    /** The record of a key at an instant, unless it has expired. */
    find: (account: string, key: string, now: number) => select.get({ account, key, now }),
    /** Keeps an answer; a record of the same key that has expired gives way. */
    put: (record: IdempotencyRecord): void => void put.run(record),
    /** Removes the oldest expired records and tells how many; `limit` bounds the work. */
    removeExpired: (now: number, limit: number): number => removeExpired.run({ now, limit }).changes,
    /** The newest `created_at`, or 0. */
    newestAt: (): number => newest.get() ?? 0,
    /** SHA-256 over a text, keyed with the secret of this database. */
    fingerprint: (text: string): Buffer => createHmac('sha256', secret).update(text).digest()
  }
}
