import { join } from 'node:path'
import t from 'tap'
import { peek } from './fixtures/database.ts'
import { emulator, hour } from './fixtures/emulator.ts'

t.test('creates clean up behind them: generations of records take the room of one', async t => {
  const database = join(t.testdir(), 'fake.db')
  const { create, clock } = await emulator(t, { database })
  const { records } = peek(t, database)
  const size = 50

  for (const generation of [1, 2, 3]) {
    for (let number = 0; number < size; number++) await create(undefined, { key: `record-${generation}-${number}` })
    t.equal(records(), size)
    clock.advance(24 * hour)
  }
})
