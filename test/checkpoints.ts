import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import t, { type Test } from 'tap'
import { createCheckpoints, type LogState } from '../src/store/checkpoints.ts'
import { openDatabase } from '../src/store/database.ts'

/** A file whose log nobody copies but the thread, and what fills the log with so many pages. */
function quietFile(t: Test) {
  const file = join(t.testdir(), 'fake.db')
  const db = openDatabase(file)
  db.exec('CREATE TABLE pages (content BLOB)')
  const insert = db.prepare<[bytes: number]>('INSERT INTO pages VALUES (zeroblob(?))')
  const state = db.prepare<[], LogState>('PRAGMA wal_checkpoint(NOOP)').raw()
  const checkpoints = createCheckpoints(db)
  db.pragma('wal_autocheckpoint = 0')
  return {
    file,
    db,
    checkpoints,
    fill: (pages: number) => void insert.run(pages * 4096),
    state() {
      const [, log, checkpointed] = state.get() as LogState
      return { log, checkpointed }
    }
  }
}

t.test('a long log is copied into the file and begins anew, beside the work of the server', async t => {
  const { file, db, checkpoints, fill, state } = quietFile(t)
  fill(8_000)
  checkpoints.committed()
  await sleep(300)
  t.match(state(), { checkpointed: 0 }, 'a short one is left alone')

  for (const round of ['first', 'second']) {
    fill(6_000)
    const asked = state()
    // The thread may still look whether more came since; the server asks again after each commit.
    while (state().checkpointed < asked.log) {
      checkpoints.committed()
      await sleep(5)
    }
    t.ok(asked.log > 12_000, `the ${round} time`)
    fill(8_000)
    t.match(state(), { checkpointed: 0 })
    t.ok(state().log < asked.log, 'the log was begun anew')
  }

  await checkpoints.close()
  db.close()
  t.notOk(existsSync(`${file}-wal`), 'nobody has the file open any more')
})

t.test('what a reader had kept from being copied is copied when the reader is gone', async t => {
  const { file, db, checkpoints, fill, state } = quietFile(t)
  fill(6_000)
  const reader = new Sqlite(file, { readonly: true })
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM pages').get()
  const seen = state().log
  fill(8_000)
  while (state().checkpointed < seen) {
    checkpoints.committed()
    await sleep(5)
  }
  t.ok(state().log - seen < 12_000, 'what is left is no long log')

  reader.close()
  while (state().checkpointed < state().log) {
    checkpoints.committed()
    await sleep(5)
  }
  fill(1)
  t.ok(state().log < seen, 'the log was begun anew')
  await checkpoints.close()
  db.close()
})

t.test('one write may be so large that the log is copied', async t => {
  const { db, checkpoints, fill, state } = quietFile(t)
  fill(16_000)
  checkpoints.committed()
  while (state().checkpointed < 16_000) await sleep(5)
  t.equal(state().checkpointed, state().log, 'nobody has asked again')
  await checkpoints.close()
  db.close()
})

t.test('the end waits for a checkpoint that has begun', async t => {
  const { file, db, checkpoints, fill } = quietFile(t)
  fill(16_000)
  checkpoints.committed()
  await checkpoints.close()
  db.close()
  t.notOk(existsSync(`${file}-wal`))
})

t.test('where the thread cannot open the file, SQLite copies the log as it would without', async t => {
  const { file, db, checkpoints, fill, state } = quietFile(t)
  fill(16_000)
  renameSync(file, `${file}.away`)
  checkpoints.committed()
  await sleep(500)
  renameSync(`${file}.away`, file)
  checkpoints.committed()
  t.match(state(), { checkpointed: 0 }, 'the thread has ended')

  db.pragma('wal_autocheckpoint = 16000')
  fill(1)
  const { log, checkpointed } = state()
  t.equal(checkpointed, log)
  await checkpoints.close()
  db.close()
})
