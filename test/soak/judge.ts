import type Sqlite from 'better-sqlite3'
import { schemaVersion } from '../../src/store/database.ts'
import { postCarrier } from '../fixtures/bench.ts'
import { promised } from './soak.ts'

/** One create that was sent, and its 201 if a client saw one. */
export interface Sent {
  name: string
  key: string | undefined
  body?: string
}

/** The n-th create of a program, every third without a key. */
export function nthCreate(prefix: string, n: number): Sent {
  const name = `${prefix}-${n}`
  return { name, key: n % 3 === 0 ? undefined : `${name}-key` }
}

export async function send(url: string, { name, key }: Sent): Promise<Response> {
  const body = { carrier_name: name, sip_gateway: { ipv4: '203.0.113.10' } }
  return await postCarrier(url, { body, ...(key !== undefined && { key }) })
}

/**
 * Holds what the clients saw against what a file has.
 * @throws {Error} when the file is damaged, or has something half or twice
 * @returns the answered ones that are not there
 */
export function missing(db: Sqlite.Database, sent: Sent[]): Sent[] {
  const value = (sql: string) => db.prepare(sql).pluck().get()
  promised(value('PRAGMA integrity_check') === 'ok', 'the file is damaged')
  const answered = sent.filter(({ body }) => body !== undefined)
  // A power loss may take back even the tables.
  if (Number(db.pragma('user_version', { simple: true })) < schemaVersion) return answered

  promised(value('SELECT count(*) - count(DISTINCT carrier_name) FROM carriers') === 0, 'a carrier is there twice')
  const halves = 'SELECT count(*) FROM carriers WHERE sip_gateway_sid IS NULL OR gateway_ipv4 IS NULL'
  promised(value(halves) === 0, 'a carrier without its gateway')
  const pairs = (sql: string) => new Map(db.prepare<[], [string, string]>(sql).raw().all())
  const ids = pairs('SELECT carrier_name, id FROM carriers')
  const records = pairs('SELECT key, body FROM idempotency_records')
  for (const { name, key, body } of sent) {
    const record = key === undefined ? undefined : records.get(key)
    if (key !== undefined) {
      promised(ids.has(name) === (record !== undefined), `${name}: carrier and record are not both there`)
    }
    if (body === undefined || !ids.has(name)) continue
    promised(ids.get(name) === JSON.parse(body).id, `${name}: not the carrier of the answer`)
    if (key !== undefined) promised(record === body, `${name}: not the answer that was sent`)
  }
  return answered.filter(({ name }) => !ids.has(name))
}

/** As `missing`, where every answer that a client saw has to be there. */
export function keptAll(db: Sqlite.Database, sent: Sent[]): void {
  const [first] = missing(db, sent)
  promised(first === undefined, `${first?.name}: answered with 201, and not there`)
}

/**
 * Sends every keyed create again: those that were answered have to get the same bytes, the others their first answer.
 * @returns how many were replays of an answer that a client saw
 */
export async function retryAll(url: string, sent: Sent[]): Promise<number> {
  let replayed = 0
  for (const request of sent.filter(({ key }) => key !== undefined)) {
    const answer = await send(url, request)
    const body = await answer.text()
    promised(answer.status === 201, `${request.name}: the retry was answered ${answer.status}`)
    promised(request.body === undefined || body === request.body, `${request.name}: the retry got other bytes`)
    if (request.body !== undefined) replayed++
  }
  return replayed
}
