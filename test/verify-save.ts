import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startDouble } from './fixtures/double.ts'
import { verified } from './fixtures/verify.ts'

const behaviour = { success_status: 200, bad_key_status: 403, replay_header: null } as const

const notesIn = (file: string) => JSON.parse(readFileSync(file, 'utf8')).behaviour

t.test('--save into the file of --observed keeps what is known and adds what is new', async t => {
  const { url } = await startDouble(t, { fake: { observed: { behaviour } } })
  const file = join(t.testdir(), 'observed.json')
  t.equal((await verified(url, { save: file })).code, 3)
  t.same(notesIn(file), behaviour)
  t.equal((await verified(url, { observed: file, save: file })).code, 0)
  t.same(notesIn(file), behaviour)
})

t.test('a run that looks at some rules keeps the notes of the others', async t => {
  const { url } = await startDouble(t, { fake: { observed: { behaviour } } })
  const file = join(t.testdir(), 'observed.json')
  await verified(url, { save: file })
  for (const only of [['I2'], ['R4'], ['I5', 'E5']]) {
    await verified(url, { save: file, only })
    t.same(notesIn(file), behaviour, String(only))
  }
  await verified(url, { save: file, maxRequests: 1 })
  t.same(notesIn(file), behaviour)
})

t.test('what a server does as guessed by now is noted no longer', async t => {
  const { url } = await startDouble(t)
  const file = join(t.testdir(), 'observed.json')
  writeFileSync(file, JSON.stringify({ url, behaviour }))
  await verified(url, { save: file, only: ['R4'] })
  t.same(notesIn(file), { bad_key_status: 403, replay_header: null })
  await verified(url, { save: file })
  t.same(notesIn(file), {})
})

t.test('notes of another server are not kept', async t => {
  const { url } = await startDouble(t)
  const file = join(t.testdir(), 'observed.json')
  writeFileSync(file, JSON.stringify({ url: 'http://192.0.2.1', behaviour }))
  await verified(url, { save: file, only: ['I2'] })
  t.same(notesIn(file), {})
})

t.test(
  'a file that holds something else is not overwritten, nor one looked for where none can be, and nothing is asked',
  async t => {
    const { url, asked } = await startDouble(t)
    const folder = t.testdir({ 'package.json': '{"name": "mine"}' })
    const file = join(folder, 'package.json')
    await t.rejects(verified(url, { save: file }), { exitCode: 2, message: /package\.json cannot be used: / })
    t.equal(readFileSync(file, 'utf8'), '{"name": "mine"}')
    for (const config of [{ save: join(folder, 'no/such') }, { output: join(folder, 'no/such') }]) {
      await t.rejects(verified(url, config), { exitCode: 1, message: /no\/such cannot be written: ENOENT\.$/ })
    }
    t.same(asked, [])
  }
)
