import t from 'tap'
import { createChance } from '../src/chance.ts'
import { createClock } from '../src/clock.ts'
import { accountStore } from '../src/store/accounts.ts'
import { openDatabase } from '../src/store/database.ts'
import { idempotencyStore, windowMilliseconds } from '../src/store/idempotency.ts'
import { createSweeper } from '../src/store/sweeper.ts'
import { textStore } from '../src/store/texts.ts'
import { createWriter } from '../src/store/writer.ts'

t.test('expired records are removed a few at a time while nothing else is written', async t => {
  const db = openDatabase(':memory:')
  t.teardown(() => db.close())
  const clock = createClock(() => 1_000_000)
  const texts = textStore(db)
  const records = idempotencyStore({ db, texts, seeded: false })
  const writer = createWriter(db, texts)
  const accounts = accountStore({ resources: [], records, clock, chance: createChance() })
  const count = () => db.prepare('SELECT count(*) FROM idempotency_records').pluck().get()
  const put = (key: string, created_at: number) =>
    records.put({
      account_id: 'a',
      key,
      operation: 'o',
      fingerprint: 'f',
      status: 201,
      content_type: 'c',
      body: 'b',
      created_at
    })
  for (let index = 0; index < 250; index++) put(`old-${index}`, clock.now())
  clock.advance(windowMilliseconds)
  put('living', clock.now())
  const sweep = createSweeper({ records, writer, accounts })

  const busy = writer.write(() => {})
  t.equal(await sweep(), 'wait', 'writes go first')
  t.equal(count(), 251)
  await busy

  t.equal(await sweep(), 'more')
  t.equal(count(), 151)
  t.equal(await sweep(), 'more')
  t.equal(await sweep(), 'wait')
  t.equal(count(), 1)
  t.ok(records.find('a', 'living', clock.now()))
})
