import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { openDatabase } from '../src/store/database.ts'
import { derivedAccount } from '../src/store/keys.ts'
import { locatedIds } from '../src/store/located-ids.ts'
import { peek } from './fixtures/database.ts'
import { carriersUrl, emulator, numbersUrl } from './fixtures/emulator.ts'

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
type World = Awaited<ReturnType<typeof emulator>>

function idsOf(t: Test) {
  const db = openDatabase(':memory:')
  t.teardown(() => db.close())
  return locatedIds(db)
}

/** Carriers can be named by each of their ids: a number is put on them, and they are deleted. */
async function canBeNamed(t: Test, { addNumber, remove }: World, carriers: { id: string; voip_carrier_sid: string }[]) {
  for (const [index, { id, voip_carrier_sid }] of carriers.entries()) {
    const added = await addNumber({ number: `+1202555012${index}`, voip_carrier_sid })
    t.match(added, { statusCode: 201 })
    t.equal(added.json().voip_carrier_sid, voip_carrier_sid)
    t.match(await remove(`${carriersUrl}/${id}`), { statusCode: 409 })
    t.match(await remove(`${numbersUrl}/${added.json().id}`), { statusCode: 204 })
    t.match(await remove(`${carriersUrl}/${id}`), { statusCode: 204 })
    t.match(await remove(`${carriersUrl}/${id}`), { statusCode: 404 })
  }
}

t.test('an id tells its row, and is still a UUID of version 4 that differs in nothing else', t => {
  const { place, rowOf } = idsOf(t)
  const row = fc.oneof(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 2 ** 48 - 1 }))
  fc.assert(
    fc.property(fc.uuid({ version: 4 }), row, (id, row) => {
      const placed = place(id, row)
      return rowOf(placed) === row && uuidForm.test(placed) && placed.slice(13) === id.slice(13)
    })
  )
  t.pass()
  t.end()
})

t.test('only the database that gave an id can tell its row', t => {
  const [own, other] = [idsOf(t), idsOf(t)]
  const rows = Array.from({ length: 20 }, (_, n) => n + 1)
  const placed = rows.map(row => own.place(randomUUID(), row))
  t.same(placed.map(own.rowOf), rows)
  t.not(placed.map(other.rowOf).join(), rows.join())
  t.equal(placed.filter((id, n) => other.rowOf(id) === rows[n]).length, 0)
  t.end()
})

t.test('nothing is found under an id in which one digit is another', async t => {
  const { create, addNumber, remove, read } = await emulator(t)
  // The rows beside the second are there: a last digit of the hidden number that is another leads to them.
  const carriers = [await create(), await create(), await create()]
  const numbers = []
  for (const number of ['+12025550123', '+12025550124', '+12025550125']) numbers.push(await addNumber({ number }))
  for (const [url, [, second]] of [
    [carriersUrl, carriers],
    [numbersUrl, numbers]
  ] as const) {
    const id: string = second?.json().id
    const digits = [...id.matchAll(/[0-9a-f]/g)]
    for (const { 0: digit, index } of digits) {
      for (const step of [1, 15]) {
        const other = ((Number.parseInt(digit, 16) + step) % 16).toString(16)
        const changed = id.slice(0, index) + other + id.slice(index + 1)
        t.match(await remove(`${url}/${changed}`), { statusCode: 404 }, `${changed} for ${id}`)
      }
    }
    t.equal((await read(url)).json().data.length, 3)
    t.match(await remove(`${url}/${id}`), { statusCode: 204 })
  }
})

t.test('ids of a seeded server are the same in each run, and are found all the same', async t => {
  const run = async () => {
    const world = await emulator(t, { seed: 7 })
    const carriers = [(await world.create()).json(), (await world.create()).json()]
    await canBeNamed(t, world, carriers)
    return carriers
  }
  const first = await run()
  t.same(await run(), first)
  for (const { id, voip_carrier_sid } of first) for (const one of [id, voip_carrier_sid]) t.match(one, uuidForm)
})

t.test('ids are found after rows were deleted, the file was packed by VACUUM and the server restarted', async t => {
  const database = join(t.testdir(), 'fake.db')
  const before = await emulator(t, { database })
  const carriers = []
  for (let n = 0; n < 9; n++) carriers.push((await before.create()).json())
  const { id: numberId } = (await before.addNumber()).json()
  for (const { id } of carriers.splice(0, 4)) t.match(await before.remove(`${carriersUrl}/${id}`), { statusCode: 204 })
  await before.app.close()
  const db = new Sqlite(database)
  db.exec('VACUUM')
  db.close()

  const after = await emulator(t, { database })
  t.match(await after.read(`${numbersUrl}/${numberId}`), { statusCode: 200 })
  await after.remove(`${numbersUrl}/${numberId}`)
  await canBeNamed(t, after, [...carriers, (await after.create()).json()])
})

const migrationsFolder = new URL('../migrations/', import.meta.url)

/** A file as an earlier version of the program left it. */
function fileOf(t: Test, version: number) {
  const file = join(t.testdir(), 'old.db')
  const db = new Sqlite(file)
  for (const name of readdirSync(migrationsFolder).sort().slice(0, version)) {
    db.exec(readFileSync(new URL(name, migrationsFolder), 'utf8'))
  }
  db.pragma(`user_version = ${version}`)
  db.pragma(`application_id = ${0x544f5043}`)
  return { file, db }
}

const settings = "'My SIP provider', 'static_ip', '203.0.113.10', 5060, 1, 1, 0, 0"
const at = Date.parse('2029-12-31T00:00:00Z')
const account = derivedAccount('tc_live_test')

/** What is in a file of an earlier version is listed, and can be named. */
async function isThereStill(t: Test, file: string, ids: { id: string; voip_carrier_sid: string }[]) {
  const world = await emulator(t, { database: file })
  const made = (await world.create()).json()
  const { data } = (await world.read(carriersUrl)).json()
  const newestFirst = [made, ...ids.toReversed()].map(({ id, voip_carrier_sid }) => ({ id, voip_carrier_sid }))
  t.same(
    data.map(({ id, voip_carrier_sid }: (typeof ids)[number]) => ({ id, voip_carrier_sid })),
    newestFirst
  )
  await canBeNamed(t, world, newestFirst)
  t.equal(peek(t, file).carriers(), 0)
}

t.test('random ids of before there were such that tell their row are found, listed and deleted', async t => {
  const { file, db } = fileOf(t, 4)
  const ids = Array.from({ length: 4 }, () => ({ id: randomUUID(), voip_carrier_sid: randomUUID() }))
  const number = db.prepare('INSERT INTO texts (text) VALUES (?) RETURNING number').pluck().get(account)
  const insert = db.prepare(`INSERT INTO carriers VALUES (?, ?, ?, ?, ${settings}, ${at})`)
  for (const { id, voip_carrier_sid } of ids) insert.run(id, number, voip_carrier_sid, randomUUID())
  // A gap among the rows, as a reset of one account leaves it.
  db.prepare('DELETE FROM carriers WHERE id = ?').run(ids.splice(1, 1)[0]?.id)
  db.close()
  await isThereStill(t, file, ids)
})

t.test('ids that told their row before there were phone numbers still do', async t => {
  const { file, db } = fileOf(t, 5)
  const { place } = locatedIds(db)
  const rows = [3, 4, 7]
  const ids = rows.map(row => ({ id: place(randomUUID(), row), voip_carrier_sid: place(randomUUID(), row) }))
  const number = db.prepare('INSERT INTO texts (text) VALUES (?) RETURNING number').pluck().get(account)
  const insert = db.prepare(`INSERT INTO carriers VALUES (?, 0, ?, ?, ?, ?, ${settings}, ${at})`)
  for (const [index, { id, voip_carrier_sid }] of ids.entries()) {
    insert.run(rows[index], id, number, voip_carrier_sid, randomUUID())
  }
  db.close()
  await isThereStill(t, file, ids)
})
