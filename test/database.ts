import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import Sqlite from 'better-sqlite3'
import t, { type Test } from 'tap'
import { createClock } from '../src/clock.ts'
import { openDatabase, schemaVersion } from '../src/store/database.ts'
import { derivedAccount } from '../src/store/keys.ts'
import { peek } from './fixtures/database.ts'
import { carriersUrl, emulator, hour, plainCarrier } from './fixtures/emulator.ts'

/** A file of the present version with carriers in it, closed. */
async function usedFile(t: Test, carriers = 1) {
  const file = join(t.testdir(), 'fake.db')
  const { app, create } = await emulator(t, { database: file })
  await Promise.all(Array.from({ length: carriers }, () => create()))
  await app.close()
  return file
}

function refuses(t: Test, file: string, said: RegExp) {
  const before = existsSync(file) ? readFileSync(file) : undefined
  t.throws(() => openDatabase(file), { message: said })
  if (!before) return
  t.ok(readFileSync(file).equals(before), 'the file stays as it was')
  const beside = readdirSync(dirname(file)).filter(name => name.startsWith(`${basename(file)}-`))
  t.same(beside, [], 'and nothing is left beside it')
}

t.test('a new file is created, migrated, and in WAL mode with synchronous FULL', t => {
  const db = openDatabase(join(t.testdir(), 'new.db'))
  t.teardown(() => db.close())
  t.equal(db.pragma('user_version', { simple: true }), schemaVersion)
  t.equal(db.pragma('journal_mode', { simple: true }), 'wal')
  t.equal(db.pragma('synchronous', { simple: true }), 2)
  t.equal(db.pragma('foreign_keys', { simple: true }), 1)
  const strict = db.prepare(
    "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'"
  )
  t.equal(strict.pluck().get(), 0, 'every table is STRICT')
  t.end()
})

t.test('carriers and answers are there after a restart', async t => {
  const database = join(t.testdir(), 'fake.db')
  const one = await emulator(t, { database })
  const first = await one.create(plainCarrier, { key: 'before-restart' })
  await one.app.close()

  const two = await emulator(t, { database })
  const again = await two.create(plainCarrier, { key: 'before-restart' })
  t.equal(again.body, first.body)
  t.equal(again.headers['idempotent-replayed'], 'true')
  t.notOk(again.headers['idempotency-payload-mismatch'], 'the fingerprint survives as well')
})

t.test('a file of an older version is brought up to date and keeps what it has', async t => {
  const file = join(t.testdir(), 'old.db')
  const old = new Sqlite(file)
  for (const name of ['001-carriers', '002-idempotency', '003-accounts']) {
    old.exec(readFileSync(new URL(`../migrations/${name}.sql`, import.meta.url), 'utf8'))
  }
  old.pragma('user_version = 3')
  old.pragma(`application_id = ${0x544f5043}`)
  const account = derivedAccount('tc_live_test')
  const at = Date.parse('2030-01-01T00:00:00Z')
  const insert = old.prepare("INSERT INTO carriers VALUES (?, ?, 'v', 's', ?, 'static_ip', NULL, NULL, 1, 0, 0, 0, ?)")
  const spelled = 'AAAAAAAA-3333-4333-8333-333333333333'
  insert.run('first-id', account, 'first', at)
  insert.run(spelled, account, 'second', at)
  insert.run('third-id', '2c5ea4c0-4067-4fe9-8bad-9b1deb4d3b7d', 'third', at)
  old
    .prepare(
      "INSERT INTO idempotency_records VALUES (?, 'an-old-key', ?, 'f', 201, 'application/json', '{\"old\":1}', ?)"
    )
    .run(account, `POST ${carriersUrl}`, at)
  old.close()

  const { app, create, remove } = await emulator(t, { database: file })
  const retry = await create(plainCarrier, { key: 'an-old-key' })
  t.match(retry, { statusCode: 201, body: '{"old":1}', headers: { 'content-type': 'application/json' } })
  for (const [name, ids] of [
    [account, [spelled.toLowerCase(), 'first-id']],
    ['2c5ea4c0-4067-4fe9-8bad-9b1deb4d3b7d', ['third-id']]
  ] as const) {
    const { data } = (await app.inject(`/_topcalls/v1/carriers?account=${name}`)).json()
    t.same(
      data.map(({ id }: { id: string }) => id),
      ids
    )
  }
  t.match(await remove(`${carriersUrl}/${spelled}`), { statusCode: 204 })
  t.equal(peek(t, file).db.pragma('user_version', { simple: true }), schemaVersion)
})

t.test('a file of a newer version stops the start', async t => {
  const file = await usedFile(t)
  const newer = new Sqlite(file)
  newer.pragma(`user_version = ${schemaVersion + 1}`)
  newer.close()
  refuses(t, file, new RegExp(`newer fake-topcalls \\(schema ${schemaVersion + 1}, this one knows ${schemaVersion}\\)`))
})

t.test("another program's database stops the start", t => {
  const file = join(t.testdir(), 'theirs.db')
  const theirs = new Sqlite(file)
  theirs.exec('CREATE TABLE precious (x)')
  theirs.close()
  refuses(t, file, /belongs to another program/)
  t.end()
})

t.test('a file that is no database stops the start', t => {
  const file = join(t.testdir(), 'notes.txt')
  writeFileSync(file, 'These are my notes. '.repeat(100))
  refuses(t, file, /is not a SQLite database/)
  t.end()
})

t.test('a damaged file stops the start', async t => {
  const file = await usedFile(t, 200)
  const bytes = readFileSync(file)
  t.ok(bytes.length > 40_000)
  const garbled = `${file}-garbled`
  writeFileSync(garbled, bytes.fill(0xa5, 12_288, 24_576))
  refuses(t, garbled, /damaged/)

  const short = `${file}-short`
  copyFileSync(file, short)
  truncateSync(short, 20_480)
  refuses(t, short, /damaged/)
})

t.test('a file without write permission stops the start, for the super-user too', async t => {
  const file = await usedFile(t)
  chmodSync(file, 0o444)
  refuses(t, file, /read-only/)
})

t.test('a newer file whose server was killed is only read', async t => {
  const file = await usedFile(t)
  const newer = new Sqlite(file)
  newer.pragma(`user_version = ${schemaVersion + 1}`)
  const copy = `${file}.copy`
  for (const part of ['', '-wal', '-shm']) copyFileSync(`${file}${part}`, `${copy}${part}`)
  newer.close()
  const before = readFileSync(copy)
  t.throws(() => openDatabase(copy), { message: /newer fake-topcalls/ })
  t.ok(readFileSync(copy).equals(before))
})

t.test('a path that cannot be created stops the start', t => {
  const folder = t.testdir()
  refuses(t, join(folder, 'no/such/folder/fake.db'), /cannot be opened.*directory does not exist/)
  mkdirSync(join(folder, 'a-folder'))
  t.throws(() => openDatabase(join(folder, 'a-folder')), { message: /is not a regular file/ })
  t.end()
})

t.test('a database in memory has large pages, which SQLite does not take once there is a table', async t => {
  const db = openDatabase(':memory:')
  t.teardown(() => db.close())
  t.equal(db.pragma('page_size', { simple: true }), 16_384)
})

t.test('durability full waits for the disk at each commit, relaxed leaves it to the operating system', t => {
  const folder = t.testdir()
  const synchronous = { full: 2, relaxed: 1 } as const
  for (const durability of ['full', 'relaxed'] as const) {
    const db = openDatabase(join(folder, `${durability}.db`), durability)
    t.equal(db.pragma('synchronous', { simple: true }), synchronous[durability])
    db.close()
  }
  const db = openDatabase(join(folder, 'full.db'))
  t.equal(db.pragma('synchronous', { simple: true }), synchronous.full, 'the default')
  db.close()
  t.end()
})

t.test('an empty file is taken as a new database', t => {
  const file = join(t.testdir(), 'empty.db')
  writeFileSync(file, '')
  openDatabase(file).close()
  t.end()
})

t.test('a clock that was set back across a restart starts at the newest stored instant', async t => {
  const database = join(t.testdir(), 'fake.db')
  const noon = Date.parse('2030-01-01T12:00:00Z')
  const before = await emulator(t, { database, clock: createClock(() => noon) })
  const first = await before.create(plainCarrier, { key: 'set-back-clock' })
  await before.app.close()

  let wall = noon - 6 * hour
  const after = await emulator(t, { database, clock: createClock(() => wall) })
  t.equal((await after.create()).json().created_at, '2030-01-01T12:00:00.000Z')
  wall += 24 * hour - 1
  t.equal((await after.create(plainCarrier, { key: 'set-back-clock' })).body, first.body)
  wall += 1
  t.not(
    (await after.create(plainCarrier, { key: 'set-back-clock' })).body,
    first.body,
    'the window is no longer than 24 h'
  )
})

t.test('a clock never runs backwards, whatever the wall clock does', t => {
  const clock = createClock()
  const { now: realNow } = Date
  t.teardown(() => {
    Date.now = realNow
  })
  const before = clock.now()
  Date.now = () => 0
  t.ok(clock.now() >= before)
  t.throws(() => clock.advance(-1), RangeError)
  t.end()
})
