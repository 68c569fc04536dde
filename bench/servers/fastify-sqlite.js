import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import Fastify from 'fastify'

// What the packages cost that the program is made of: bare Fastify that keeps a carrier and an answer in SQLite and syncs them, many
// requests at once, and nothing else. It knows no accounts, judges no key, forgets nothing and copies no log.
const [port, schemasFile = '', database = ''] = process.argv.slice(2)
const { body, carrier } = JSON.parse(readFileSync(schemasFile, 'utf8'))
const formats = { 'well-formed-unicode': (/** @type {string} */ text) => text.isWellFormed() }
const app = Fastify({
  ajv: { customOptions: { formats, strict: false, coerceTypes: false, removeAdditional: false, allErrors: true } }
})
const db = new Sqlite(database)
db.pragma('journal_mode = WAL')
db.pragma('synchronous = FULL')
db.pragma('wal_autocheckpoint = 16000')
db.exec(`
  CREATE TABLE carriers (id TEXT, sid TEXT, gateway TEXT, name TEXT, type TEXT, ipv4 TEXT, created_at INTEGER) STRICT;
  CREATE TABLE answers (key TEXT UNIQUE, body TEXT, created_at INTEGER) STRICT;
`)
const find = db.prepare('SELECT body FROM answers WHERE key = ?').pluck()
const insert = db.prepare('INSERT INTO carriers VALUES (?, ?, ?, ?, ?, ?, ?)')
const keep = db.prepare('INSERT INTO answers VALUES (?, ?, ?)')

/** @typedef {{ carrier_name: string, trunk_type: string, sip_gateway: { ipv4: string } }} Body */

/** The answer to a key, made where there is none yet. @param {unknown} key @param {Body} body */
function answer(key, { carrier_name, trunk_type, sip_gateway: { ipv4 } }) {
  const known = find.get(key)
  if (known) return known
  const now = Date.now()
  const [id, account_id, voip_carrier_sid, sip_gateway_sid] = Array.from({ length: 4 }, () => randomUUID())
  const created_at = new Date(now).toISOString()
  const told = { id, account_id, voip_carrier_sid, sip_gateway_sid, carrier_name, trunk_type, created_at }
  const text = JSON.stringify(told)
  insert.run(id, voip_carrier_sid, sip_gateway_sid, carrier_name, trunk_type, ipv4, now)
  keep.run(key, text, now)
  return text
}

/** @type {(() => () => void)[]} */
let queue = []
const runAll = db.transaction((/** @type {typeof queue} */ jobs) => jobs.map(job => job()))

/** Waits for as long as each turn of the event loop brings more. @param {number} seen */
function gather(seen) {
  if (queue.length > seen) return void setImmediate(gather, queue.length)
  const jobs = queue
  queue = []
  for (const tell of runAll.immediate(jobs)) tell()
}

app.post('/v1/phone-numbers/carriers', { schema: { body, response: { 201: carrier } } }, (request, reply) => {
  queue.push(() => {
    const text = answer(request.headers['idempotency-key'], /** @type {Body} */ (request.body))
    return () => reply.code(201).header('content-type', 'application/json').send(text)
  })
  if (queue.length === 1) setImmediate(gather, 1)
})
await app.listen({ host: '127.0.0.1', port: Number(port) })
