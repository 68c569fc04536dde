import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import Sqlite from 'better-sqlite3'
import t, { type Test } from 'tap'
import { peek } from './fixtures/database.ts'
import { emulator, plainCarrier } from './fixtures/emulator.ts'
import { processes } from './soak/processes.ts'

async function lockable(t: Test) {
  const database = join(t.testdir(), 'fake.db')
  const world = await emulator(t, { database })
  const intruder = new Sqlite(database)
  t.teardown(() => intruder.close())
  return { ...world, intruder, stored: peek(t, database) }
}

t.test('while another process holds the lock, creates wait; replays, reads and the event loop do not', async t => {
  const { create, send, intruder } = await lockable(t)
  const known = await create(plainCarrier, { key: 'known-before' })
  intruder.exec('BEGIN IMMEDIATE')
  const answers = Promise.all([create(plainCarrier, { key: 'waiting-1' }), create()])
  // The lock is held in this very process: were the wait synchronous, nothing could release it.
  for (let turn = 0; turn < 30; turn++) {
    t.match(await send({ url: '/_topcalls/livez' }), { statusCode: 200 })
    t.match(await send({ url: '/_topcalls/v1/carriers' }), { statusCode: 200 })
    t.equal((await create(plainCarrier, { key: 'known-before' })).body, known.body)
    await sleep(10)
  }
  intruder.exec('COMMIT')
  t.match(await answers, [{ statusCode: 201 }, { statusCode: 201 }])
})

t.test('after 5 s of waiting the answer is 503 with Retry-After, and nothing is stored', async t => {
  const { create, intruder, stored } = await lockable(t)
  intruder.exec('BEGIN IMMEDIATE')
  const answer = await create(plainCarrier, { key: 'given-up-key' })
  t.match(answer, { statusCode: 503, headers: { 'content-type': 'application/problem+json', 'retry-after': '1' } })
  t.match(answer.json(), { type: 'https://api.topcalls.ai/errors/unavailable', detail: /locked/ })
  intruder.exec('COMMIT')
  t.equal(stored.carriers(), 0)
  t.match(await create(plainCarrier, { key: 'given-up-key' }), { statusCode: 201 })
})

t.test('servers that start at once on a new file all get it', async t => {
  const folder = t.testdir()
  const openers = Array.from({ length: 4 }, () => new Worker(new URL('fixtures/opener.ts', import.meta.url)))
  t.teardown(() => Promise.all(openers.map(opener => opener.terminate())))
  const refusals: string[] = []
  for (let round = 0; round < 100; round++) {
    const said = openers.map(async opener => {
      const [message] = await once(opener, 'message')
      return message
    })
    for (const opener of openers) opener.postMessage(join(folder, `${round}.db`))
    refusals.push(...(await Promise.all(said)).filter(message => message !== undefined))
  }
  t.same(refusals, [])
})

t.test('servers on one file share their keys: simultaneous duplicates make one carrier', async t => {
  const report = await processes.run({ servers: 4, duplicates: 40, keys: 100, rounds: 1 }, t.testdir())
  t.match(report, { requests: 4_000, carriers: 100 })
})
