import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { plainCarrier } from '../fixtures/emulator.ts'
import { launch } from '../fixtures/program.ts'
import { authorization, json, rawRequest, sendRaw } from '../fixtures/socket.ts'
import { isNewCarrier } from './fuzz/answers.ts'
import { drawBodies } from './fuzz/bodies.ts'
import { type Case, leaver, stayer } from './fuzz/cases.ts'
import { createDice } from './fuzz/dice.ts'
import { createClients } from './fuzz/exchange.ts'
import { judged } from './fuzz/judge.ts'
import { residentMebibytes } from './memory.ts'
import { promised, type Soak } from './soak.ts'

const plainBody = JSON.stringify(plainCarrier)
const mostRequestsPerBatch = 2_500
const leastBatches = 8
const connections = 48
/** Of so many batches one is of clients that leave. */
const batchesPerLeaving = 4
const bodiesPerBatch = 150

/** After a tenth of so many requests everything that is remembered is full, and the server's memory may vary by so much. */
const manyRequests = 500_000
const mostGrowthMebibytes = 128

export const fuzz: Soak<{ requests: number; seed: number }> = {
  proves: 'no bytes make the server fail, break a promise, or store anything for a refused request',
  options: { requests: 1_000_000, seed: Date.now() % 2 ** 31 },

  async run({ requests, seed }, folder) {
    const file = join(folder, 'fake.db')
    // A line in the log is an error.
    const server = await launch(['--database', file, '--log-level', 'error'])
    const db = new Sqlite(file, { readonly: true })
    const stored = db.prepare<[], number>('SELECT count(*) FROM carriers').pluck()
    const size = Math.min(mostRequestsPerBatch, Math.ceil(requests / leastBatches))
    const totals = { sent: 0, connections: 0, answers: 0 }
    const statuses: Record<string, number> = {}
    const memory: number[] = []
    /** Carriers that must be there. */
    let created = 0

    const clients = createClients(Number(new URL(server.url).port), async () => {
      const [answer] = await sendRaw(server.url, rawRequest([authorization, json], plainBody))
      promised(answer?.status === 201, `a plain request was answered ${answer?.status}`)
      created++
    })

    /** Lets the clients of a batch go, many at once, and returns how many requests may or may not have stored something. */
    async function letGo(cases: Case[]): Promise<number> {
      const queue = cases[Symbol.iterator]()
      let uncertain = 0
      async function oneByOne(): Promise<void> {
        for (const one of queue) {
          const answers = judged(one, await clients.exchange(one))
          for (const { status } of answers) statuses[`answered_${status}`] = (statuses[`answered_${status}`] ?? 0) + 1
          created += answers.filter(isNewCarrier).length
          if (one.leaves) uncertain += one.requests - answers.length
          totals.sent += one.requests
          totals.connections++
          totals.answers += answers.length
        }
      }
      await Promise.all(Array.from({ length: connections }, oneByOne))
      await clients.settled()
      return uncertain
    }

    async function runBatch(number: number): Promise<void> {
      const leaving = number % batchesPerLeaving === batchesPerLeaving - 1
      const cases = drawCases(seed + number, Math.min(size, requests - totals.sent), leaving ? leaver : stayer)
      const uncertain = await letGo(cases)
      await createAndRetry(server.url, `still-alive-${number}`)
      created++
      const count = stored.get() ?? 0
      const bounds = `${created} to ${created + uncertain}`
      promised(count >= created && count <= created + uncertain, `${count} carriers are stored, not ${bounds}`)
      created = count
      promised(server.log() === '', 'the server logged an error')
    }

    try {
      for (let number = 0; totals.sent < requests; number++) {
        await runBatch(number).catch(({ message }) => {
          throw new Error(`seed ${seed}, batch ${number}: ${message}\nlog: ${server.log()}`)
        })
        while (memory.length < Math.floor((10 * totals.sent) / requests))
          memory.push(residentMebibytes(server.child.pid))
      }
    } finally {
      clients.close()
      db.close()
      await server.stop('SIGKILL')
    }

    const [warm = 0, , , , half = 0, , , , , end = 0] = memory
    const most = Math.max(...memory)
    const grown = requests < manyRequests ? 0 : most - warm
    promised(grown < mostGrowthMebibytes, `memory went from ${warm} MiB to ${most} MiB, with the seed ${seed}`)
    return {
      seed,
      ...totals,
      carriers: created,
      ...Object.fromEntries(Object.entries(statuses).sort()),
      mebibytes_at_10_percent: warm,
      mebibytes_at_50_percent: half,
      mebibytes_at_the_end: end,
      mebibytes_at_most: most
    }
  }
}

function drawCases(seed: number, requests: number, kind: typeof stayer): Case[] {
  const dice = createDice(seed)
  const pool = drawBodies(seed, bodiesPerBatch)
  const cases: Case[] = []
  for (let count = 0; count < requests; ) {
    const one = kind(dice, pool)
    cases.push(one)
    count += one.requests
  }
  return cases
}

/** A valid create on a connection of its own, and its retry on another. */
async function createAndRetry(url: string, key: string): Promise<void> {
  const request = rawRequest([authorization, json, `Idempotency-Key: ${key}`], plainBody)
  const [first] = await sendRaw(url, request)
  promised(first?.status === 201 && !first.headers['idempotent-replayed'], `${key} was answered ${first?.status}`)
  const [again] = await sendRaw(url, request)
  promised(again?.body === first.body && again.headers['idempotent-replayed'] === 'true', `${key} was not replayed`)
}
