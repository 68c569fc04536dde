import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { postCarrier, testBench } from './fixtures/bench.ts'
import { peek } from './fixtures/database.ts'
import { launch, type Running, started } from './fixtures/program.ts'

/** A server whose files cannot grow beyond some size, as on a disk that is full. */
async function cramped(t: Test, database: string): Promise<Running> {
  const halfKibibytes = 2_048
  const within = ['sh', '-c', `ulimit -f ${halfKibibytes} && unset NODE_OPTIONS && exec "$@"`, 'sh']
  // Node ignores the signal that comes with the refusal, but tap's hook would end the process.
  const server = await launch(['--database', database], { within, bare: true })
  t.teardown(() => server.child.kill('SIGKILL'))
  return server
}

async function isUnavailable(t: Test, answer: Response, said: RegExp) {
  t.match(answer, { status: 503 })
  t.equal(answer.headers.get('content-type'), 'application/problem+json')
  t.equal(answer.headers.get('retry-after'), '1')
  t.match(await answer.json(), { type: 'https://api.topcalls.ai/errors/unavailable', detail: said })
}

const readiness = async (url: string) => (await fetch(`${url}/_topcalls/readyz`)).status

t.test('where no more can be written a create is answered with 503, and what was answered is there', async t => {
  const database = join(t.testdir(), 'fake.db')
  const { url, stop } = await cramped(t, database)
  const bodies: string[] = []
  const create = (index: number) => postCarrier(url, { key: `cramped-${index}` })
  let answer = await create(0)
  while (answer.status === 201 && bodies.length < 1_000) {
    bodies.push(await answer.text())
    answer = await create(bodies.length)
  }
  t.ok(bodies.length > 10)
  await isUnavailable(t, answer, /disk failed \(SQLITE_IOERR_WRITE\); nothing was stored/)
  await isUnavailable(t, await postCarrier(url), /disk failed/)
  t.equal(await (await create(3)).text(), bodies[3], 'replays need no room')
  // There may be room for the little that readyz writes, a few times.
  let ready = await readiness(url)
  for (let tries = 0; ready === 200 && tries < 10; tries++) {
    await postCarrier(url)
    ready = await readiness(url)
  }
  t.equal(ready, 503, 'readyz finds that nothing can be written')
  t.equal((await fetch(`${url}/_topcalls/livez`)).status, 200)

  await stop('SIGKILL')
  const { url: roomy } = await started(t, ['--database', database])
  const stored = peek(t, database)
  t.equal(stored.integrity(), 'ok')
  t.equal(stored.carriers(), bodies.length)
  t.equal(stored.records(), bodies.length)
  for (const [index, body] of bodies.entries()) {
    t.equal(await (await postCarrier(roomy, { key: `cramped-${index}` })).text(), body)
  }
  const refused = await postCarrier(roomy, { key: `cramped-${bodies.length}` })
  t.match(refused, { status: 201 })
  t.notOk(refused.headers.get('idempotent-replayed'))
})

t.test('a file that is made read-only takes nothing until it may be written to again', async t => {
  const database = join(t.testdir(), 'fake.db')
  const { create, url } = await testBench(t, { database })
  const first = await (await create({ key: 'before-read-only' })).text()

  chmodSync(database, 0o444)
  await isUnavailable(t, await create({ key: 'while-read-only' }), /was made read-only while the server ran/)
  t.equal(await (await create({ key: 'before-read-only' })).text(), first)
  t.equal(await readiness(url), 503)
  t.equal(peek(t, database).carriers(), 1)

  chmodSync(database, 0o644)
  t.match(await create({ key: 'while-read-only' }), { status: 201 })
  t.equal(await readiness(url), 200)
  t.equal(peek(t, database).carriers(), 2)
})
