import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import t from 'tap'
import { peek } from './fixtures/database.ts'
import { emulator, plainCarrier } from './fixtures/emulator.ts'

const key = 'a-key-of-mine_1'
const other = { ...plainCarrier, carrier_name: 'Another name' }

t.test('50 simultaneous duplicates: 50 times 201, one body, one carrier', async t => {
  const database = join(t.testdir(), 'fake.db')
  const { create } = await emulator(t, { database })
  const stored = peek(t, database)
  const answers = await Promise.all(Array.from({ length: 50 }, () => create(plainCarrier, { key })))
  t.equal(answers.filter(({ statusCode }) => statusCode === 201).length, 50)
  t.equal(new Set(answers.map(({ body }) => body)).size, 1)
  t.equal(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true').length, 49)
  t.equal(stored.carriers(), 1)
})

t.test('simultaneous duplicates with different bodies: one carrier, and strict refuses the others', async t => {
  for (const strictness of ['inferred', 'strict'] as const) {
    const { create } = await emulator(t, { strictness })
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => create({ ...plainCarrier, carrier_name: `Name ${index}` }, { key }))
    )
    const statuses = answers.map(({ statusCode }) => statusCode)
    t.equal(statuses.filter(status => status === 201).length, strictness === 'strict' ? 1 : 20)
    t.equal(new Set(answers.filter(({ statusCode }) => statusCode === 201).map(({ body }) => body)).size, 1)
    t.equal(
      answers.filter(({ headers }) => headers['idempotency-payload-mismatch']).length,
      strictness === 'strict' ? 0 : 19
    )
  }
})

t.test('neighbours of a refused request in the same turn are not harmed', async t => {
  const { create } = await emulator(t, { strictness: 'strict' })
  await create(plainCarrier, { key: 'taken-key' })
  const answers = await Promise.all([
    create(plainCarrier, { key: 'neighbour-1' }),
    create({}, { key: 'neighbour-2' }),
    create(other, { key: 'taken-key' }),
    create(plainCarrier, { key: 'neighbour-3' })
  ])
  t.same(
    answers.map(({ statusCode }) => statusCode),
    [201, 400, 422, 201]
  )
})

t.test('a failure before the commit leaves nothing, and the retry creates', async t => {
  const file = join(t.testdir(), 'fake.db')
  const { create } = await emulator(t, { database: file })
  const database = new Sqlite(file)
  t.teardown(() => database.close())
  database.exec("CREATE TRIGGER broken BEFORE INSERT ON idempotency_records BEGIN SELECT RAISE(ABORT, 'injected'); END")
  const [failed, unkeyed] = await Promise.all([create(plainCarrier, { key }), create()])
  t.match(failed, { statusCode: 500, headers: { 'content-type': 'application/problem+json' } })
  t.notMatch(failed.body, 'injected')
  t.match(unkeyed, { statusCode: 201 }, 'its neighbour in the batch is stored')
  t.equal(database.prepare('SELECT count(*) FROM carriers').pluck().get(), 1)

  database.exec('DROP TRIGGER broken')
  t.match(await create(plainCarrier, { key }), { statusCode: 201 })
})
