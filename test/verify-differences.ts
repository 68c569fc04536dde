import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { switches } from '../src/observed.ts'
import { readCases } from '../src/verify/cases.ts'
import { differences } from './fixtures/differences.ts'
import { startDouble } from './fixtures/double.ts'
import { verified } from './fixtures/verify.ts'

/** The cases that tell a behaviour from the guess. */
const knowing = (name: string) =>
  readCases().flatMap(({ id, otherwise = [] }) => (otherwise.some(({ behaviour }) => behaviour === name) ? [id] : []))

for (const { behaviour, value, manner } of differences) {
  const observed = { [behaviour]: value }
  t.test(`${JSON.stringify(observed)} is recognised, saved, and expected from then on`, async t => {
    const file = join(t.testdir(), 'observed.json')
    // The same of another server and, started with --observed, of the fake itself.
    for (const { only, ...options } of [
      { manner: manner(), only: knowing(behaviour) },
      // With every case, since the fake must be right in all that follows from it.
      { fake: { observed: { behaviour: observed } }, only: undefined }
    ]) {
      const double = await startDouble(t, options)

      const first = await verified(double.url, { save: file, only: knowing(behaviour) })
      t.equal(first.code, 3)
      t.match(first.out, `the answers fit the observed behaviour ${behaviour} = ${JSON.stringify(value)}`)
      const saved = JSON.parse(readFileSync(file, 'utf8'))
      t.same(saved, { observed_at: saved.observed_at, url: double.url, behaviour: observed })
      t.ok(Date.parse(saved.observed_at))

      const second = await verified(double.url, { observed: file, only })
      t.same([...second.failed.keys()], [])
      t.equal(second.code, 0)
    }
  })
}

t.test('each behaviour that may be observed has a server that shows it, and a case that knows it', async t => {
  const told = (list: { behaviour: string; value: unknown }[]) =>
    [...new Set(list.map(({ behaviour, value }) => JSON.stringify([behaviour, value])))].sort()
  const known = Object.entries(switches).flatMap(([behaviour, { values }]) =>
    // The first is the guess, which is no difference.
    values.slice(1).map(value => ({ behaviour, value }))
  )
  t.same(told(differences), told(known))
  t.same(told(readCases().flatMap(({ otherwise = [] }) => otherwise)), told(known))
})

t.test('what was observed does not excuse anything else', async t => {
  const file = join(t.testdir(), 'observed.json')
  const observed = { success_status: 200 } as const
  const right = await startDouble(t, { fake: { observed: { behaviour: observed } } })
  await verified(right.url, { save: file })
  const wrong = await startDouble(t, { fake: { observed: { behaviour: { success_status: 202 } } } })

  const { code, failed } = await verified(wrong.url, { observed: file })

  t.equal(code, 3)
  t.same([...failed.keys()], ['success-status'])
})
