import t from 'tap'
import { openDatabase } from '../src/store/database.ts'
import { textStore } from '../src/store/texts.ts'
import { createWriter } from '../src/store/writer.ts'

t.test('the number that a failed write has given to a text is given to another, and not remembered', async t => {
  const db = openDatabase(':memory:')
  t.teardown(() => db.close())
  const texts = textStore(db)
  const writer = createWriter(db, texts)
  const given: number[] = []
  const failing = writer.write(() => {
    given.push(texts.number('never stored'))
    throw new Error('after the number')
  })
  const neighbour = writer.write(() => texts.number('stored'))
  await t.rejects(failing, { message: 'after the number' })

  const stored = await neighbour
  t.ok(given.includes(stored), 'the same number')
  t.equal(texts.known('never stored'), undefined)
  t.equal(await writer.read(() => texts.known('stored')), stored)
  t.equal(texts.text(stored), 'stored')
  t.not(await writer.write(() => texts.number('another')), stored)
})
