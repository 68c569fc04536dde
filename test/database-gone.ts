import { copyFileSync, renameSync, rmSync } from 'node:fs'
import t from 'tap'
import { askHealth } from '../src/healthcheck.ts'
import { testBench } from './fixtures/bench.ts'
import { peek } from './fixtures/database.ts'

t.test('nothing is answered as stored while the database file is not where it was', async t => {
  const database = `${t.testdir()}/fake.db`
  const { create, url } = await testBench(t, { database })
  const ready = async () => (await fetch(`${url}/_topcalls/readyz`)).status
  const first = await (await create({ key: 'before-it-was-gone' })).text()

  renameSync(database, `${database}.away`)
  const refused = await create({ key: 'while-it-was-gone' })
  t.match(refused, { status: 503 })
  t.equal(refused.headers.get('retry-after'), '1')
  t.match(await refused.json(), { detail: /deleted or moved while the server ran: put it back, or restart/ })
  t.equal(await ready(), 503)
  const { hostname: host, port } = new URL(url)
  await t.rejects(askHealth({ host, port: Number(port) }), { message: /answered 503: The database file was deleted/ })

  renameSync(`${database}.away`, database)
  t.match(await create({ key: 'while-it-was-gone' }), { status: 201 })
  t.equal(await (await create({ key: 'before-it-was-gone' })).text(), first)
  t.equal(await ready(), 200)
  t.equal(peek(t, database).carriers(), 2)

  rmSync(database)
  t.match(await create(), { status: 503 })
  t.equal(await ready(), 503)
  t.equal((await fetch(`${url}/_topcalls/livez`)).status, 200)
})

t.test('nor while its log is not where it was, or a copy stands in the place of the file', async t => {
  const database = `${t.testdir()}/fake.db`
  const { create } = await testBench(t, { database })
  t.match(await create(), { status: 201 })

  for (const part of [database, `${database}-wal`]) {
    renameSync(part, `${part}.away`)
    copyFileSync(`${part}.away`, part)
    t.match(await (await create({ key: 'while-a-copy' })).json(), { status: 503, detail: /deleted or moved/ })
    renameSync(`${part}.away`, part)
    t.match(await create(), { status: 201 })
  }
  t.equal(peek(t, database).carriers(), 3)
})

t.test('the program around the server may go to another folder', async t => {
  const folder = t.testdir()
  const before = process.cwd()
  t.teardown(() => process.chdir(before))
  process.chdir(folder)
  const { create } = await testBench(t, { database: 'fake.db' })
  process.chdir('/')
  t.match(await create(), { status: 201 })
  t.equal(peek(t, `${folder}/fake.db`).carriers(), 1)
})
