import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { launch } from '../fixtures/program.ts'
import { keptAll, type Sent, send } from './judge.ts'
import { promised, type Soak } from './soak.ts'

interface Options extends Record<string, number> {
  servers: number
  /** Simultaneous requests with the same key. */
  duplicates: number
  keys: number
  rounds: number
}

export const processes: Soak<Options> = {
  proves: 'servers that share a file answer simultaneous duplicates, spread over all of them, with one carrier a key',
  options: { servers: 4, duplicates: 40, keys: 100, rounds: 10 },

  async run({ servers, duplicates, keys, rounds }, folder) {
    const database = join(folder, 'fake.db')
    const args = ['--database', database, '--log-level', 'silent']
    const running = await Promise.all(Array.from({ length: servers }, () => launch(args)))
    const urls = running.map(({ url }) => url)
    const sent: Sent[] = []

    /** Sends a create as often as it is to be sent, to one server after the other, and promises one answer. */
    async function ask(request: Sent): Promise<number> {
      const answers = await Promise.all(
        Array.from({ length: duplicates }, async (_, index) => {
          const answer = await send(urls[index % servers] ?? '', request)
          const body = await answer.text()
          promised(answer.status === 201, `${request.name} was answered ${answer.status}: ${body}`)
          return { body, replayed: answer.headers.get('idempotent-replayed') === 'true' }
        })
      )
      const bodies = new Set(answers.map(({ body }) => body))
      promised(bodies.size === 1, `${request.name} got ${bodies.size} different answers`)
      const firsts = answers.filter(({ replayed }) => !replayed).length
      promised(firsts === 1, `${request.name} was told ${firsts} times that it is new`)
      request.body = [...bodies].join()
      return answers.length
    }

    try {
      let requests = 0
      for (let round = 0; round < rounds; round++) {
        const lot = Array.from({ length: keys }, (_, n) => ({
          name: `shared-${round}-${n}`,
          key: `shared-key-${round}-${n}`
        }))
        sent.push(...lot)
        for (const count of await Promise.all(lot.map(ask))) requests += count
      }
      const carriers = judge(database, sent)
      return { servers, requests, keys: sent.length, carriers }
    } finally {
      await Promise.all(running.map(({ stop }) => stop('SIGKILL')))
    }
  }
}

function judge(database: string, sent: Sent[]): number {
  const db = new Sqlite(database, { readonly: true })
  try {
    keptAll(db, sent)
    const carriers = Number(db.prepare('SELECT count(*) FROM carriers').pluck().get())
    promised(carriers === sent.length, `${carriers} carriers for ${sent.length} keys`)
    return carriers
  } finally {
    db.close()
  }
}
