import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { postCarrier } from '../fixtures/bench.ts'
import { launch } from '../fixtures/program.ts'
import { promised, type Report, type Soak } from './soak.ts'

/** One request that was sent, and the answer if one arrived. */
interface Sent {
  name: string
  key: string | undefined
  body?: string
}

export const crash: Soak<{ rounds: number; clients: number }> = {
  proves: 'no 201 that a client saw is lost or doubled when the server is killed at random moments under load',
  options: { rounds: 200, clients: 16 },

  async run({ rounds, clients }, folder) {
    const args = ['--database', join(folder, 'fake.db'), '--log-level', 'silent']
    const sent: Sent[] = []
    let number = 0

    /** Sends one create after the other, every third without a key, until the server is gone. */
    async function load(url: string): Promise<void> {
      for (;;) {
        const name = `crash-${number}`
        const request: Sent = { name, key: number++ % 3 === 0 ? undefined : `${name}-key` }
        sent.push(request)
        const answer = await create(url, request).catch(() => undefined)
        if (!answer) return
        promised(answer.status === 201, `answered ${answer.status}: ${answer.body}`)
        request.body = answer.body
      }
    }

    for (let round = 0; round < rounds; round++) {
      const server = await launch(args)
      const clientsGone = Promise.all(Array.from({ length: clients }, () => load(server.url)))
      await sleep(20 + Math.random() * 250)
      await server.stop('SIGKILL')
      await clientsGone
    }

    const server = await launch(args)
    try {
      return { rounds, ...(await judge(server.url, sent, join(folder, 'fake.db'))) }
    } finally {
      await server.stop('SIGKILL')
    }
  }
}

async function create(url: string, { name, key }: Sent): Promise<{ status: number; body: string }> {
  const body = { carrier_name: name, sip_gateway: { ipv4: '203.0.113.10' } }
  const answer = await postCarrier(url, { body, ...(key !== undefined && { key }) })
  return { status: answer.status, body: await answer.text() }
}

/** Holds what the clients saw against what the file has, and sends every keyed request again. */
async function judge(url: string, sent: Sent[], file: string): Promise<Report> {
  const db = new Sqlite(file, { readonly: true })
  const value = (sql: string) => db.prepare(sql).pluck().get()
  const doubled = () => value('SELECT count(*) - count(DISTINCT carrier_name) FROM carriers')
  try {
    promised(value('PRAGMA integrity_check') === 'ok', 'the file is damaged')
    promised(doubled() === 0, 'a carrier is there twice')
    const halves = 'SELECT count(*) FROM carriers WHERE sip_gateway_sid IS NULL OR gateway_ipv4 IS NULL'
    promised(value(halves) === 0, 'a carrier without its gateway')

    const answered = sent.filter(({ body }) => body !== undefined)
    promised(answered.length > 0, 'no request was answered')
    const pairs = (sql: string) => new Map(db.prepare<[], [string, string]>(sql).raw().all())
    const ids = pairs('SELECT carrier_name, id FROM carriers')
    const records = pairs('SELECT key, body FROM idempotency_records')
    for (const { name, key, body } of sent) {
      const record = key && records.get(key)
      if (body !== undefined) promised(ids.get(name) === JSON.parse(body).id, `${name}: not the carrier of the answer`)
      if (key && body !== undefined) promised(record === body, `${name}: not the answer that was sent`)
      if (key) promised(ids.has(name) === (record !== undefined), `${name}: carrier and record are not both there`)
    }

    let replays = 0
    for (const request of sent.filter(({ key }) => key !== undefined)) {
      const { status, body } = await create(url, request)
      promised(status === 201, `${request.name}: the retry was answered ${status}`)
      promised(request.body === undefined || body === request.body, `${request.name}: the retry got other bytes`)
      if (request.body !== undefined) replays++
    }
    promised(doubled() === 0, 'a retry made a second carrier')
    return { sent: sent.length, answered: answered.length, replayed: replays, lost: 0, doubled: 0 }
  } finally {
    db.close()
  }
}
