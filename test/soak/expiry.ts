import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { connect } from '../../src/client.ts'
import { createClock } from '../../src/clock.ts'
import { openDatabase } from '../../src/store/database.ts'
import { idempotencyStore } from '../../src/store/idempotency.ts'
import { derivedAccount } from '../../src/store/keys.ts'
import { textStore } from '../../src/store/texts.ts'
import { carriersUrl, hour } from '../fixtures/emulator.ts'
import { launch, type Running } from '../fixtures/program.ts'
import { type Connection, createRequest, openConnections, openLoop, quantile } from './load.ts'
import { promised, type Soak } from './soak.ts'

/** The sweeper begins a minute after the start; the load that meets expired records has to last beyond that. */
const secondsUntilFirstSweep = 60

/** Below this many milliseconds a p99 is the noise of the machine. */
const noiseMilliseconds = 5

const rowsPerTransaction = 500_000
const clients = 32

/** Each pair of loads has accounts of its own: the clocks of those that stored something in the future stay there. */
const accountsPerPair = 25
const tokenOf = (account: number): string => `tc_live_expiry_${account}`

export const expiry: Soak<{ records: number; seconds: number; rate: number; pairs: number; churn: number }> = {
  proves: 'no request waits for the clean-up of expired records, and their room levels off',
  options: { records: 10_000_000, seconds: 45, rate: 2_000, pairs: 3, churn: 20_000 },

  async run({ records, seconds, rate, pairs, churn }, folder) {
    const levels = await roomOfGenerations(join(folder, 'churn.db'), churn)
    const file = join(folder, 'expiry.db')
    const filledIn = await secondsOf(async () => fill(file, records, pairs * accountsPerPair))
    const fileMegabytes = megabytes(file)
    const emptyStart = await secondsToStart(join(folder, 'empty.db'))
    const fullStart = await secondsToStart(file)
    promised(fullStart <= 2 * emptyStart + 1, `the start took ${fullStart} s, on an empty file ${emptyStart} s`)

    const found = []
    for (let pair = 0; pair < pairs; pair++) found.push(await measurePair(file, { pair, rate, seconds }))
    const ratios = found.map(({ alive, expiring }) => expiring.p99 / Math.max(alive.p99, noiseMilliseconds))
    const ratio = quantile(ratios, 0.5)
    promised(ratio <= 2, `p99 during the clean-up is ${ratio.toFixed(2)} times of that without: ${told(found)}`)

    return {
      records,
      fill_seconds: filledIn,
      file_megabytes: fileMegabytes,
      start_seconds_empty: emptyStart,
      start_seconds_full: fullStart,
      rate,
      p99_ratio: Number(ratio.toFixed(2)),
      pairs: told(found),
      record_megabytes_by_generation: levels.join(' ')
    }
  }
}

const told = (found: object[]): string => JSON.stringify(found)

/** Fills a file with records that are 12 hours old, through the product's own store, without waiting for the disk. */
function fill(file: string, count: number, accounts: number): void {
  const clock = createClock(() => Date.now() - 12 * hour)
  const db = openDatabase(file)
  const records = idempotencyStore({ db, texts: textStore(db), seeded: false })
  // Keys are random, so each transaction touches the whole index; what is kept in memory is not written over and over.
  for (const pragma of ['journal_mode = MEMORY', 'synchronous = OFF', 'cache_size = -2000000']) db.pragma(pragma)
  const ids = Array.from({ length: accounts }, (_, account) => derivedAccount(tokenOf(account)))
  const put = (number: number): void => {
    const account_id = ids[number % accounts] as string
    const created_at = clock.now()
    records.put({
      account_id,
      key: randomUUID(),
      operation: `POST ${carriersUrl}`,
      fingerprint: `${randomUUID()}1234567`,
      status: 201,
      content_type: 'application/json; charset=utf-8',
      body: answerBody(account_id, created_at),
      created_at
    })
  }
  for (let done = 0; done < count; done += rowsPerTransaction) {
    const rows = Math.min(rowsPerTransaction, count - done)
    db.transaction(() => {
      for (let number = done; number < done + rows; number++) put(number)
    })()
  }
  db.close()
  // Or the disk would still be busy with it when the load begins.
  const written = openSync(file, 'r+')
  fsyncSync(written)
  closeSync(written)
}

function answerBody(account_id: string, created_at: number): string {
  return JSON.stringify({
    id: randomUUID(),
    account_id,
    voip_carrier_sid: randomUUID(),
    sip_gateway_sid: randomUUID(),
    carrier_name: 'My SIP provider',
    trunk_type: 'static_ip',
    created_at: new Date(created_at).toISOString()
  })
}

interface Measure {
  pair: number
  rate: number
  seconds: number
}

/** The same load on the same server, first while every record lives, and then while all but the youngest have expired. */
async function measurePair(file: string, { pair, rate, seconds }: Measure) {
  const server = await serve(file)
  const begun = performance.now()
  const connections = await openConnections(server.url, clients)
  const token = () => tokenOf(pair * accountsPerPair + Math.floor(Math.random() * accountsPerPair))
  const load = (seconds: number) => keyedLoad(connections, { token, rate, seconds })
  try {
    await load(3)
    const alive = summary(await load(seconds))

    await connect(server.url).clock.advance('13h')
    const before = firstRow(file)
    const sinceStart = (performance.now() - begun) / 1_000
    const expiring = summary(await load(Math.max(seconds, secondsUntilFirstSweep - sinceStart + seconds / 2)))
    const removed = firstRow(file) - before
    promised(removed > 0, 'nothing was cleaned up')
    return { alive, expiring, removed, walMegabytes: megabytes(`${file}-wal`) }
  } finally {
    for (const connection of connections) connection.close()
    await server.stop()
  }
}

const serve = (file: string): Promise<Running> => launch(['--database', file, '--log-level', 'silent'])

interface KeyedLoad {
  token: () => string
  rate: number
  seconds: number
}

/** Creates with keys that nobody has used. */
function keyedLoad(connections: Connection[], { token, rate, seconds }: KeyedLoad): Promise<number[]> {
  return openLoop({
    connections,
    rate,
    seconds,
    next: () => createRequest({ token: token(), key: randomUUID() }),
    seen: ({ status, body }) => promised(status === 201, `answered ${status}: ${body}`)
  })
}

function summary(latencies: number[]) {
  const at = (share: number) => Number(quantile(latencies, share).toFixed(2))
  return { requests: latencies.length, p50: at(0.5), p99: at(0.99), longest: at(1) }
}

/**
 * Lets one generation of records after the other expire, and the creates of each clean up behind the one before.
 * @returns what the records took after each, in megabytes
 */
async function roomOfGenerations(file: string, size: number): Promise<number[]> {
  const generations = 8
  const server = await serve(file)
  const connections = await openConnections(server.url, clients)
  const clock = connect(server.url).clock
  const levels: number[] = []
  try {
    for (let generation = 0; generation < generations; generation++) {
      await keyedLoad(connections, { token: () => tokenOf(0), rate: size / 10, seconds: 10 })
      levels.push(recordMegabytes(file))
      await clock.advance('24h')
    }
  } finally {
    for (const connection of connections) connection.close()
    await server.stop()
  }
  const [, second = 0, ...later] = levels
  const last = later.at(-1) ?? 0
  promised(last <= second * 1.25, `generations of ${size} records took ${levels.join(', ')} MB`)
  return levels
}

/** What records and their index take, free pages included; carriers are not counted, since they never expire. */
function recordMegabytes(file: string): number {
  return looked(file, db => {
    const pages = db.prepare("SELECT count(*) FROM dbstat WHERE name LIKE '%idempotency_records%'").pluck()
    const free = Number(db.pragma('freelist_count', { simple: true }))
    const size = Number(db.pragma('page_size', { simple: true }))
    return Number((((Number(pages.get()) + free) * size) / 1e6).toFixed(1))
  })
}

/** The number of the oldest record that is still there; they go in the order in which they came. */
const firstRow = (file: string): number =>
  looked(file, db => Number(db.prepare('SELECT min(rowid) FROM idempotency_records').pluck().get()))

function looked<Result>(file: string, look: (db: Sqlite.Database) => Result): Result {
  const db = new Sqlite(file, { readonly: true })
  try {
    return look(db)
  } finally {
    db.close()
  }
}

const megabytes = (file: string): number => Math.round((statSync(file, { throwIfNoEntry: false })?.size ?? 0) / 1e6)

/** Seconds until a server says that it is ready. */
async function secondsToStart(file: string): Promise<number> {
  let server: Running | undefined
  const seconds = await secondsOf(async () => {
    server = await serve(file)
  })
  await server?.stop()
  return seconds
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return Number(((performance.now() - begun) / 1_000).toFixed(2))
}
