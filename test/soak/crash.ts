import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { carriersUrl, numbersUrl } from '../fixtures/emulator.ts'
import { launch } from '../fixtures/program.ts'
import { keptAll, nthCreate, retryAll, type Sent, send } from './judge.ts'
import { promised, type Report, type Soak } from './soak.ts'

/** What a client does, over and over; of seven, so that it meets every third create without a key in turns. */
const turns = ['carrier', 'numberOnIt', 'deletion', 'carrier', 'number', 'carrier', 'deletion'] as const

export const crash: Soak<{ rounds: number; clients: number }> = {
  proves:
    'no 201 and no 204 that a client saw is lost or doubled when the server is killed at random moments under load',
  options: { rounds: 200, clients: 16 },

  async run({ rounds, clients }, folder) {
    const args = ['--database', join(folder, 'fake.db'), '--log-level', 'silent']
    const sent: Sent[] = []

    /** @returns whether it was answered */
    async function create(url: string, request: Sent): Promise<boolean> {
      sent.push(request)
      const answer = await send(url, request)
        .then(async answer => ({ status: answer.status, body: await answer.text() }))
        .catch(() => undefined)
      if (!answer) return false
      promised(answer.status === 201, `answered ${answer.status}: ${answer.body}`)
      request.body = answer.body
      return true
    }

    /** @returns whether it was answered */
    async function remove(url: string, thing: Sent): Promise<boolean> {
      thing.deletion = 'asked'
      const place = thing.kind === 'number' ? numbersUrl : carriersUrl
      const headers = { authorization: 'Bearer tc_live_test' }
      const answer = await fetch(`${url}${place}/${idsIn(thing).id}`, { method: 'DELETE', headers }).catch(
        () => undefined
      )
      if (!answer) return false
      promised(answer.status === 204, `${thing.name}: its deletion was answered ${answer.status}`)
      thing.deletion = 'answered'
      return true
    }

    function nextCreate(turn: (typeof turns)[number], latest: Sent | undefined): Sent {
      const { name, key } = nthCreate('crash', sent.length)
      if (turn === 'carrier') return { name, key }
      const number: Sent = { name: `+1202${2_000_000 + sent.length}`, key, kind: 'number' }
      return turn === 'numberOnIt' && latest && latest.kind !== 'number'
        ? { ...number, on: idsIn(latest).voip_carrier_sid }
        : number
    }

    /** Creates and deletes one thing after the other until the server is gone. */
    async function load(url: string): Promise<void> {
      /** The latest is deleted first, so a number before its carrier. */
      const own: Sent[] = []
      for (let n = 0; ; n++) {
        const turn = turns[n % turns.length] ?? 'carrier'
        const doomed = turn === 'deletion' ? own.pop() : undefined
        if (doomed) {
          if (!(await remove(url, doomed))) return
          continue
        }
        const request = nextCreate(turn, own.at(-1))
        if (!(await create(url, request))) return
        own.push(request)
      }
    }

    const hasEveryKind = () =>
      sent.some(({ kind, body }) => kind === 'number' && body !== undefined) &&
      sent.some(({ deletion }) => deletion === 'answered')

    for (let round = 0; round < rounds; round++) {
      const server = await launch(args)
      const clientsGone = Promise.all(Array.from({ length: clients }, () => load(server.url)))
      await sleep(20 + Math.random() * 250)
      // A busy machine comes to numbers and deletions late, and a run without them proves little.
      while (round === rounds - 1 && !hasEveryKind()) await sleep(20)
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

function idsIn({ body = '{}' }: Sent): { id: string; voip_carrier_sid: string } {
  return JSON.parse(body)
}

/** Judges the file, sends every keyed request again, and judges it once more. */
async function judge(url: string, sent: Sent[], file: string): Promise<Report> {
  const db = new Sqlite(file, { readonly: true })
  try {
    const answered = sent.filter(({ body }) => body !== undefined)
    promised(answered.length > 0, 'no request was answered')
    keptAll(db, sent)
    const replayed = await retryAll(url, sent)
    keptAll(db, sent)
    const numbers = answered.filter(({ kind }) => kind === 'number').length
    const deleted = sent.filter(({ deletion }) => deletion === 'answered').length
    return { sent: sent.length, answered: answered.length, numbers, deleted, replayed, lost: 0, doubled: 0 }
  } finally {
    db.close()
  }
}
