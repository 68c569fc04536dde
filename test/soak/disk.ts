import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { launch } from '../fixtures/program.ts'
import { keptAll, nthCreate, retryAll, type Sent, send } from './judge.ts'
import { promised, type Report, type Soak } from './soak.ts'
import { requireStrace } from './strace.ts'
import { mountTmpfs, type Trouble, troubles } from './troubles.ts'

const clients = 8

/** A create that was answered with 503. */
interface Refused {
  name: string
  detail: string
}

export const disk: Soak<{ rounds: number; milliseconds: number }> = {
  proves:
    'a full, failing, read-only or missing disk is answered with 503, costs no answer, and is over when it is over',
  options: { rounds: 20, milliseconds: 500 },

  async run({ rounds, milliseconds }, folder) {
    requireStrace()
    const report: Report = {}
    await onDisk(join(folder, 'tiny'), 8, async place => {
      report['answered until a disk of 8 MiB was full'] = await outgrow(place, 8)
    })
    await onDisk(join(folder, 'small'), 64, async place => {
      for (let round = 0; round < rounds; round++) {
        for (const [index, [name, trouble]] of Object.entries(troubles).entries()) {
          const killed = (round + index) % 2 === 0 ? 'after' : 'during'
          const seen = await endure(trouble, killed, milliseconds, place)
          for (const [what, count] of Object.entries(seen)) {
            const line = `${name}: ${what}`
            report[line] = Number(report[line] ?? 0) + count
          }
        }
      }
    })
    return report
  }
}

/** Works on a disk of its own, of so many MiB. */
async function onDisk(place: string, mebibytes: number, work: (place: string) => Promise<void>): Promise<void> {
  mkdirSync(place)
  const unmount = mountTmpfs(place, `${mebibytes}m`)
  try {
    await work(place)
  } finally {
    unmount()
  }
}

/** Creates until a disk is full, which is to hold carriers and answers then, and not the log of what led to them. */
async function outgrow(place: string, mebibytes: number): Promise<number> {
  const file = join(place, 'fake.db')
  const server = await launch(['--database', file, '--log-level', 'silent'])
  const load = startLoad(server.url, troubles.full)
  try {
    load.enter('trouble')
    await load.until(() => load.refused().length > 0)
    load.enter('killed')
    await load.settled()
    const share = statSync(file).size / (mebibytes * 1024 * 1024)
    promised(share > 0.6, `the disk was full when the file had ${Math.round(share * 100)} % of it`)
    return load.answered().length
  } finally {
    load.enter('killed')
    await server.stop('SIGKILL')
  }
}

/** Lets a trouble come, and go, under load; kills the server, starts it again and judges what is there. */
async function endure(trouble: Trouble, killed: 'after' | 'during', milliseconds: number, place: string) {
  const file = join(place, 'fake.db')
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
  const args = ['--database', file, '--log-level', 'silent']
  const server = await launch(args)
  const load = startLoad(server.url, trouble)
  let end = async () => {}
  try {
    await load.until(() => load.answered().length >= 100)
    load.enter('trouble')
    end = await trouble.begin(server, file)
    await load.until(() => load.refused().length > 0)
    await sleep(milliseconds)
    await lives(server.url, trouble, load.answered())
    if (killed === 'after') {
      await end()
      load.enter('calm')
      const before = load.answered().length
      await load.until(() => load.answered().length >= before + 100)
      promised((await fetch(`${server.url}/_topcalls/readyz`)).ok, 'it is over, and the server is not ready')
    }
  } finally {
    load.enter('killed')
    await server.stop('SIGKILL')
    if (killed === 'during') await end()
  }
  await load.settled()
  const again = await launch(args)
  try {
    return await judge(again.url, file, load)
  } finally {
    await again.stop('SIGKILL')
  }
}

/** While the trouble lasts, the process lives, and what was answered can be had again. */
async function lives(url: string, { readable }: Trouble, answered: Sent[]): Promise<void> {
  promised((await fetch(`${url}/_topcalls/livez`)).ok, 'livez does not answer')
  if (readable) await retryAll(url, answered.slice(0, 30))
}

type Load = ReturnType<typeof startLoad>

/** Clients that create, one carrier after the other, and judge each answer. */
function startLoad(url: string, { says }: Trouble) {
  const sent: Sent[] = []
  const refused: Refused[] = []
  let phase: 'calm' | 'trouble' | 'killed' = 'calm'
  let failure: unknown

  async function client(): Promise<void> {
    while (phase !== 'killed' && !failure) {
      const request = nthCreate('disk', sent.length)
      sent.push(request)
      const begun = phase
      const answer = await send(url, request)
      const body = await answer.text()
      if (answer.status === 201) {
        request.body = body
      } else {
        promised(begun !== 'calm' || phase !== 'calm', `refused without a reason: ${body}`)
        refused.push({ name: request.name, detail: judgeRefusal(answer, body, says) })
      }
    }
  }

  function fail(error: unknown): void {
    // The kill cuts connections.
    if (phase !== 'killed') failure ??= error
  }

  const over = Promise.all(Array.from({ length: clients }, () => client().catch(fail)))
  function passOn(): void {
    if (failure) throw failure
  }

  return {
    sent,
    async settled(): Promise<void> {
      await over
      passOn()
    },
    refused: () => refused,
    answered: () => sent.filter(({ body }) => body !== undefined),
    enter(next: typeof phase): void {
      phase = next
    },
    async until(reached: () => boolean): Promise<void> {
      const deadline = performance.now() + 30_000
      while (!reached()) {
        passOn()
        promised(performance.now() < deadline, `nothing came of it: ${reached}`)
        await sleep(5)
      }
    }
  }
}

/** @returns what it says */
function judgeRefusal({ status, headers }: Response, body: string, says: RegExp): string {
  promised(status === 503, `answered ${status}: ${body}`)
  promised(headers.get('content-type') === 'application/problem+json', `no problem document: ${body}`)
  promised(headers.get('retry-after') === '1', 'a refusal without Retry-After')
  const { detail } = JSON.parse(body)
  promised(says.test(detail), `${says} is not in ${body}`)
  return detail
}

/** Judges the file as it is found, and after each keyed create was sent again. */
async function judge(url: string, file: string, { sent, answered, refused }: Load) {
  const db = new Sqlite(file, { readonly: true })
  try {
    keptAll(db, sent)
    const names = new Set(db.prepare<[], string>('SELECT carrier_name FROM carriers').pluck().all())
    const kept = refused().filter(({ name }) => names.has(name))
    const lie = kept.find(({ detail }) => /nothing was stored/.test(detail))
    promised(lie === undefined, `${lie?.name} is there, although the answer was: ${lie?.detail}`)
    await retryAll(url, sent)
    keptAll(db, sent)
    return { answered: answered().length, refused: refused().length, 'refused and there all the same': kept.length }
  } finally {
    db.close()
  }
}
