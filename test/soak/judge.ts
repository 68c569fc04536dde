import type Sqlite from 'better-sqlite3'
import { schemaVersion } from '../../src/store/database.ts'
import { postCarrier, postNumber } from '../fixtures/bench.ts'
import { promised } from './soak.ts'

/** One create that was sent, and its 201 if a client saw one. */
export interface Sent {
  /** What nothing else is called; of a number, its digits. */
  name: string
  key: string | undefined
  body?: string
  /** Without it, a carrier. */
  kind?: 'number'
  /** Of a number, the `voip_carrier_sid` of its carrier. */
  on?: string
  /** Whether its deletion was asked for, and answered with 204. */
  deletion?: 'asked' | 'answered'
}

/** The n-th create of a program, every third without a key. */
export function nthCreate(prefix: string, n: number): Sent {
  const name = `${prefix}-${n}`
  return { name, key: n % 3 === 0 ? undefined : `${name}-key` }
}

export async function send(url: string, { name, key, kind, on }: Sent): Promise<Response> {
  const keyed = key === undefined ? {} : { key }
  if (kind === 'number') return await postNumber(url, { body: { number: name, voip_carrier_sid: on }, ...keyed })
  return await postCarrier(url, { body: { carrier_name: name, sip_gateway: { ipv4: '203.0.113.10' } }, ...keyed })
}

/** What must not be there: things by halves, twice, or on something that is gone. */
const nowhere: [fault: string, sql: string][] = [
  ['a carrier is there twice', 'SELECT count(*) - count(DISTINCT carrier_name) FROM carriers'],
  ['a number is there twice', 'SELECT count(*) - count(DISTINCT number) FROM phone_numbers'],
  [
    'a carrier without its gateway',
    'SELECT count(*) FROM carriers WHERE sip_gateway_sid IS NULL OR gateway_ipv4 IS NULL'
  ],
  [
    'a number on a carrier that is gone',
    `SELECT count(*) FROM phone_numbers WHERE status <> 'deleted' AND source = 'byoc'
     AND voip_carrier_sid NOT IN (SELECT voip_carrier_sid FROM carriers)`
  ]
]

/**
 * Holds what the clients saw against what a file has.
 * @throws {Error} when the file is damaged, or has something half, twice or again
 * @returns the answered ones that are not there, and for whose deletion nobody asked
 */
export function missing(db: Sqlite.Database, sent: Sent[]): Sent[] {
  const value = (sql: string) => db.prepare(sql).pluck().get()
  promised(value('PRAGMA integrity_check') === 'ok', 'the file is damaged')
  const answered = sent.filter(({ body, deletion }) => body !== undefined && deletion === undefined)
  // A power loss may take back even the tables.
  if (Number(db.pragma('user_version', { simple: true })) < schemaVersion) return answered

  for (const [fault, sql] of nowhere) promised(value(sql) === 0, fault)
  const pairs = (sql: string) => new Map(db.prepare<[], [string, string]>(sql).raw().all())
  const carriers = pairs('SELECT carrier_name, id FROM carriers')
  const numbers = pairs("SELECT number, id FROM phone_numbers WHERE status <> 'deleted'")
  const records = pairs('SELECT key, body FROM idempotency_records')
  const idOf = ({ kind, name }: Sent) => (kind === 'number' ? numbers : carriers).get(name)
  for (const one of sent) {
    const { name, key, body, deletion } = one
    const id = idOf(one)
    const record = key === undefined ? undefined : records.get(key)
    promised(
      deletion !== 'answered' || id === undefined,
      `${name}: its deletion was answered with 204, and it is there`
    )
    if (key !== undefined && deletion === undefined) {
      promised((id !== undefined) === (record !== undefined), `${name}: it and its record are not both there`)
    }
    if (body === undefined || (id === undefined && deletion === undefined)) continue
    promised(id === undefined || id === JSON.parse(body).id, `${name}: not that of the answer`)
    // The answer outlives what it tells of.
    if (key !== undefined) promised(record === body, `${name}: not the answer that was sent`)
  }
  return answered.filter(one => idOf(one) === undefined)
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
