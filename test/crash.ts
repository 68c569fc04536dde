import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { postCarrier } from './fixtures/bench.ts'
import { peek } from './fixtures/database.ts'
import { started } from './fixtures/program.ts'

const rounds = 6
const clients = 16

t.test('SIGKILL under load: what was answered is there, replays byte for byte, and nothing is doubled', async t => {
  const database = join(t.testdir(), 'fake.db')
  /** The key of every request that was sent, with the answer if one arrived. */
  const sent = new Map<string, string | undefined>()
  let number = 0

  for (let round = 0; round < rounds; round++) {
    const server = await started(t, ['--database', database, '--log-level', 'silent'])
    const load = Array.from({ length: clients }, async () => {
      for (;;) {
        const key = `crash-key-${number++}`
        sent.set(key, undefined)
        try {
          const answer = await postCarrier(server.url, { key, body: carrierFor(key) })
          const body = await answer.text()
          if (answer.status !== 201) throw new Error(`answered ${answer.status}`)
          sent.set(key, body)
        } catch (error) {
          if (/answered/.test(String(error))) throw error
          return
        }
      }
    })
    await sleep(50 + Math.random() * 250)
    await server.stop('SIGKILL')
    await Promise.all(load)
  }

  const server = await started(t, ['--database', database, '--log-level', 'silent'])
  const stored = peek(t, database)
  t.equal(stored.integrity(), 'ok')
  const acknowledged = [...sent].filter(([, body]) => body !== undefined)
  t.ok(acknowledged.length > rounds, `${acknowledged.length} of ${sent.size} requests were answered`)

  let differing = 0
  for (const [key, body] of sent) {
    const retry = await postCarrier(server.url, { key, body: carrierFor(key) })
    const text = await retry.text()
    if (retry.status !== 201 || (body !== undefined && text !== body)) differing++
  }
  t.equal(differing, 0, 'no acknowledged answer differs')
  t.equal(stored.carriers(), sent.size, 'one carrier for each key')
  t.equal(stored.records(), sent.size, 'one record for each key')
  const orphans = stored.db.prepare(`
    SELECT count(*) FROM carriers WHERE NOT EXISTS (
      SELECT 1 FROM idempotency_records WHERE body ->> 'id' = carriers.id AND body ->> 'carrier_name' = carriers.carrier_name
    )`)
  t.equal(orphans.pluck().get(), 0, 'every carrier is the one that its record tells of')
})

function carrierFor(key: string) {
  return { carrier_name: key, sip_gateway: { ipv4: '203.0.113.10' } }
}
