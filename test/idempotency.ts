import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import t, { type Test } from 'tap'
import type { ApiKey, Strictness } from '../src/index.ts'
import { peek } from './fixtures/database.ts'
import { carriersUrl, emulator, hour, plainCarrier } from './fixtures/emulator.ts'

const key = 'a-key-of-mine_1'
const other = { ...plainCarrier, carrier_name: 'Another name' }

/** A world on a file, so that a second connection can count what is stored. */
async function counted(t: Test, options = {}) {
  const database = join(t.testdir(), 'fake.db')
  return { ...(await emulator(t, { database, ...options })), stored: peek(t, database) }
}

t.test('the same key with the same body gets the first answer byte for byte, and says so', async t => {
  const { create, clock, stored } = await counted(t)
  const first = await create(plainCarrier, { key })
  clock.advance(hour)
  const again = await create(plainCarrier, { key })

  t.equal(again.statusCode, 201)
  t.equal(again.body, first.body)
  t.equal(again.headers['content-type'], first.headers['content-type'])
  t.notOk(first.headers['idempotent-replayed'])
  t.equal(again.headers['idempotent-replayed'], 'true')
  t.notOk(again.headers['idempotency-payload-mismatch'])
  t.not(again.headers['x-request-id'], first.headers['x-request-id'])
  t.equal(stored.carriers(), 1)
})

t.test('white space and the order of members make no other body', async t => {
  const { createRaw } = await emulator(t)
  const first = await createRaw('{"carrier_name":"x","sip_gateway":{"ipv4":"1.2.3.4","port":5060}}', { key })
  const bodies = [
    ' {\n "sip_gateway" : {"port":5060, "ipv4":"1.2.3.4"}, "carrier_name":"x" } ',
    '{"carrier_name":"\\u0078","sip_gateway":{"ipv4":"1.2.3.4","port":5.06e3}}'
  ]
  for (const body of bodies) {
    const again = await createRaw(body, { key })
    t.equal(again.body, first.body)
    t.notOk(again.headers['idempotency-payload-mismatch'], body)
  }
})

t.test(
  'another body gets the first answer with a mismatch signal; comparison is strict and before defaults',
  async t => {
    const { create, stored } = await counted(t)
    const first = await create(plainCarrier, { key })
    const different = [
      other,
      { ...plainCarrier, trunk_type: 'static_ip' },
      { ...plainCarrier, sip_gateway: { ipv4: '203.0.113.10', port: 5060 } },
      { ...plainCarrier, unknown: null }
    ]
    for (const body of different) {
      const again = await create(body, { key })
      t.match(again, { statusCode: 201, body: first.body }, JSON.stringify(body))
      t.match(again.headers, { 'idempotent-replayed': 'true', 'idempotency-payload-mismatch': 'true' })
    }
    const again = await create(plainCarrier, { key })
    t.notOk(again.headers['idempotency-payload-mismatch'], 'the record is as it was')
    t.equal(stored.carriers(), 1)
  }
)

t.test('a body that parses but no longer passes the schema counts as another body', async t => {
  const { createRaw } = await emulator(t)
  const first = await createRaw(JSON.stringify(plainCarrier), { key })
  for (const body of ['{}', 'null', '[]', '"text"', '1e999', '{"x":"\\ud800"}']) {
    const again = await createRaw(body, { key })
    t.match(again, { statusCode: 201, body: first.body }, body)
    t.match(again.headers, { 'idempotency-payload-mismatch': 'true' })
  }
})

t.test('a body that does not parse is refused even with a known key', async t => {
  const { createRaw, send } = await emulator(t)
  await createRaw(JSON.stringify(plainCarrier), { key })
  for (const body of ['', '{', Buffer.from([0x22, 0xff, 0x22])]) {
    t.match(await createRaw(body, { key }), { statusCode: 400 })
  }
  t.match(await send({ method: 'POST', url: carriersUrl }, { key }), { statusCode: 400 }, 'no body at all')
})

t.test('another key or no key makes another carrier, and without a key nothing is kept', async t => {
  const { create, stored } = await counted(t)
  const answers = [
    await create(plainCarrier, { key: 'key-number-1' }),
    await create(plainCarrier, { key: 'key-number-2' }),
    await create(plainCarrier, { key: 'KEY-number-1' }),
    await create(),
    await create()
  ]
  t.equal(new Set(answers.map(answer => answer.json().id)).size, 5)
  t.equal(stored.carriers(), 5)
  t.equal(stored.records(), 3)
})

t.test('a refusal is not kept: the retry is judged afresh', async t => {
  const { create, stored } = await counted(t)
  t.match(await create({}, { key }), { statusCode: 400 })
  t.match(await create(plainCarrier, { key, token: 'wrong' }), { statusCode: 401 })
  t.equal(stored.records(), 0)
  const created = await create(plainCarrier, { key })
  t.match(created, { statusCode: 201 })
  t.notOk(created.headers['idempotent-replayed'])
})

t.test('a refusal under a kept key never changes the record', async t => {
  const { create, createRaw } = await emulator(t)
  const first = await create(plainCarrier, { key })
  await create(plainCarrier, { key, token: 'wrong' })
  await createRaw('{', { key })
  await createRaw('{}', { key, headers: { 'content-type': 'text/plain' } })
  t.equal((await create(plainCarrier, { key })).body, first.body)
})

t.test('the window is 24 hours, half open, and a replay does not extend it', async t => {
  const { create, clock, stored } = await counted(t)
  const first = await create(plainCarrier, { key })
  clock.advance(24 * hour - 1)
  t.equal((await create(plainCarrier, { key })).body, first.body, 'one millisecond before')

  clock.advance(1)
  const after = await create(other, { key })

  t.match(after, { statusCode: 201 })
  t.not(after.json().id, first.json().id)
  t.notOk(after.headers['idempotent-replayed'])
  t.notOk(after.headers['idempotency-payload-mismatch'], 'no complaint about the body')
  t.equal(stored.carriers(), 2)
  t.equal(stored.records(), 1)
  clock.advance(24 * hour - 1)
  t.equal((await create(other, { key })).body, after.body, 'the new record has a window of its own')
})

t.test('each create with a key removes an expired record', async t => {
  const { create, clock, stored } = await counted(t)
  for (let index = 0; index < 10; index++) await create(plainCarrier, { key: `old-key-${index}` })
  clock.advance(24 * hour)
  await create(plainCarrier, { key: 'new-key-1' })
  t.equal(stored.records(), 10)
  for (let index = 2; index <= 10; index++) await create(plainCarrier, { key: `new-key-${index}` })
  t.equal(stored.records(), 10, 'all old ones are gone')
  await create(plainCarrier, { key: 'new-key-11' })
  t.equal(stored.records(), 11)
})

t.test('keys belong to the account: two accounts are independent, two tokens of one account share', async t => {
  const account_id = '2c5ea4c0-4067-4fe9-8bad-9b1deb4d3b7d'
  const scopes: ApiKey['scopes'] = ['phone_numbers:write']
  const { create } = await emulator(t, {
    keys: [
      { key: 'tc_live_one', account_id, scopes },
      { key: 'tc_live_two', account_id, scopes },
      { key: 'tc_live_else', account_id: '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d', scopes }
    ]
  })
  const first = await create(plainCarrier, { key, token: 'tc_live_one' })
  t.equal((await create(plainCarrier, { key, token: 'tc_live_two' })).body, first.body)
  const elsewhere = await create(plainCarrier, { key, token: 'tc_live_else' })
  t.not(elsewhere.json().id, first.json().id)
  t.notOk(elsewhere.headers['idempotent-replayed'])
})

t.test('a malformed key is refused with its path and never treated as absent', async t => {
  const { create, stored } = await counted(t)
  const malformed = [
    '',
    'seven77',
    'x'.repeat(256),
    'with space 1',
    '"quoted-key"',
    'dotted.key.1',
    'ключ-ключ',
    'a,b,c,d,e',
    'semi;colon'
  ]
  for (const bad of malformed) {
    const answer = await create(plainCarrier, { key: bad })
    t.match(answer, { statusCode: 400, headers: { 'content-type': 'application/problem+json' } }, bad)
    t.match(answer.json(), { title: 'Invalid request', errors: [{ path: 'Idempotency-Key' }] })
  }
  t.equal(stored.carriers(), 0)
  for (const good of ['eight-88', 'x'.repeat(255), '________', '--------', '00000000']) {
    t.match(await create(plainCarrier, { key: good }), { statusCode: 201 })
  }
})

t.test('the header is judged before the body, and after the key of the caller', async t => {
  const { createRaw } = await emulator(t)
  const bad = { key: 'short' }
  t.match(await createRaw('{', { ...bad, headers: { 'content-type': 'text/plain' } }), { statusCode: 400 })
  t.match(await createRaw('{', { ...bad, token: 'wrong' }), { statusCode: 401 })
})

t.test('a query string makes no other operation', async t => {
  const { create, send } = await emulator(t)
  const first = await create(plainCarrier, { key })
  const again = await send({ method: 'POST', url: `${carriersUrl}?x=1`, payload: plainCarrier }, { key })
  t.match(again, { statusCode: 201, body: first.body })
  const escaped = await send({ method: 'POST', url: carriersUrl.replace('c', '%63'), payload: plainCarrier }, { key })
  t.match(escaped, { statusCode: 201, body: first.body })
})

for (const strictness of ['inferred', 'strict'] as const) {
  t.test(`a key that was first used on another operation is refused in ${strictness}, and its record kept`, async t => {
    const { create, stored, database } = await writable(t, strictness)
    const first = await create(plainCarrier, { key })
    const another = database.prepare<[], number>(
      "INSERT INTO texts (text) VALUES ('POST /v1/phone-numbers') RETURNING number"
    )
    const number = another.pluck().get()
    database.exec(`UPDATE idempotency_records SET operation = ${number}`)

    t.match(await create(plainCarrier, { key }), { statusCode: 422 })
    t.match((await create(other, { key })).json(), { detail: /POST \/v1\/phone-numbers/ })

    t.match(stored(), { body: first.body, operation: number })
  })
}

t.test('the answer outlives the carrier: a retry after a deletion recreates nothing', async t => {
  const { create, database } = await writable(t, 'inferred')
  const first = await create(plainCarrier, { key })
  database.exec('DELETE FROM carriers')
  t.equal((await create(plainCarrier, { key })).body, first.body)
  t.equal(database.prepare('SELECT count(*) FROM carriers').pluck().get(), 0)
})

/** There is one operation with keys as yet and none that deletes, so these tests change the file behind the server. */
async function writable(t: Test, strictness: Strictness) {
  const file = join(t.testdir(), 'fake.db')
  const { create } = await emulator(t, { database: file, strictness })
  const database = new Sqlite(file)
  t.teardown(() => database.close())
  return { create, database, stored: () => database.prepare('SELECT * FROM idempotency_records').get() }
}
