import { randomInt } from 'node:crypto'
import t from 'tap'
import { fuzz } from './soak/fuzz.ts'

const requests = 1_500

t.test('no bytes make the server fail, break a promise, or store anything for a refused request', async t => {
  const report = await fuzz.run({ requests, seed: 1 }, t.testdir())
  t.ok(Number(report.sent) >= requests, JSON.stringify(report))
})

t.test('the same with bytes that are others in each run', async t => {
  const seed = randomInt(2 ** 31)
  t.comment(`seed ${seed}`)
  const report = await fuzz.run({ requests, seed }, t.testdir())
  t.ok(Number(report.sent) >= requests, JSON.stringify(report))
})
