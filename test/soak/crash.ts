import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { launch } from '../fixtures/program.ts'
import { keptAll, nthCreate, retryAll, type Sent, send } from './judge.ts'
import { promised, type Report, type Soak } from './soak.ts'

export const crash: Soak<{ rounds: number; clients: number }> = {
  proves: 'no 201 that a client saw is lost or doubled when the server is killed at random moments under load',
  options: { rounds: 200, clients: 16 },

  async run({ rounds, clients }, folder) {
    const args = ['--database', join(folder, 'fake.db'), '--log-level', 'silent']
    const sent: Sent[] = []

    /** Sends one create after the other until the server is gone. */
    async function load(url: string): Promise<void> {
      for (;;) {
        const request = nthCreate('crash', sent.length)
        sent.push(request)
        const answer = await send(url, request)
          .then(async answer => ({ status: answer.status, body: await answer.text() }))
          .catch(() => undefined)
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

/** Judges the file, sends every keyed request again, and judges it once more. */
async function judge(url: string, sent: Sent[], file: string): Promise<Report> {
  const db = new Sqlite(file, { readonly: true })
  try {
    const answered = sent.filter(({ body }) => body !== undefined).length
    promised(answered > 0, 'no request was answered')
    keptAll(db, sent)
    const replayed = await retryAll(url, sent)
    keptAll(db, sent)
    return { sent: sent.length, answered, replayed, lost: 0, doubled: 0 }
  } finally {
    db.close()
  }
}
