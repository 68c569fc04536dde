import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import { keptAll, nthCreate, retryAll, type Sent, send } from './judge.ts'
import type { Stalls } from './observed-server.ts'
import { promised, type Report, type Soak } from './soak.ts'

const patienceMilliseconds = 5_000
/** What the promise allows for the event loop to stand still. */
const stallMilliseconds = 50

export const lock: Soak<{ rounds: number; rate: number }> = {
  proves:
    'a write lock of another process costs 2 s of time or some 503, and neither reads nor the event loop wait for it',
  options: { rounds: 3, rate: 100 },

  async run({ rounds, rate }, folder) {
    const database = join(folder, 'fake.db')
    const server = helper('observed-server.ts', database)
    const intruder = helper('intruder.ts', database)
    try {
      const [url] = await Promise.all([heard(server), heard(intruder)])
      const known: Sent = { name: 'known', key: 'known-key' }
      const scene = { url: String(url), server, intruder, rate, known, sent: [known] }
      await create(scene.url, known)
      const report: Report = {}
      // The first is for comparison.
      for (const seconds of [0, 2, 10]) {
        const visits: Visit[] = []
        for (let round = 0; round < rounds; round++) visits.push(await visit(scene, seconds))
        for (const [what, value] of Object.entries(summary(visits))) report[`${seconds} s: ${what}`] = value
      }
      await judge(scene, database)
      return report
    } finally {
      for (const child of [server, intruder]) child.kill('SIGKILL')
    }
  }
}

interface Scene {
  url: string
  server: ChildProcess
  intruder: ChildProcess
  /** Creates, replays and reads per second, of each. */
  rate: number
  /** What is sent again and again, to be replayed. */
  known: Sent
  sent: Sent[]
}

interface Answered {
  status: number
  milliseconds: number
}

type Visit = Awaited<ReturnType<typeof visit>>

/** Lets the intruder hold the lock under load, and tells what that came to, in milliseconds. */
async function visit(scene: Scene, seconds: number) {
  const load = startLoad(scene)
  if (seconds > 0) await ask(scene.intruder, 'lock')
  await ask(scene.server)
  await sleep((seconds || 2) * 1_000)
  const held = (await ask(scene.server)) as Stalls
  if (seconds > 0) await ask(scene.intruder, 'release')
  await sleep(500)
  const { creates, replays, reads } = await load.end()
  const afterwards = (await ask(scene.server)) as Stalls
  // Without a lock there are commits, which wait for the disk.
  const stall = seconds > 0 ? held.longestOwn : 0
  promised(stall <= stallMilliseconds, `the event loop stood still for ${stall} ms`)

  const refused = creates.filter(({ status }) => status === 503)
  promised(replays.length > 0 && replays.every(({ status }) => status === 201), 'a replay waited in vain')
  promised(reads.length > 0 && reads.every(({ status }) => status === 200), 'a read waited in vain')
  promised(refused.length > 0 === seconds * 1_000 > patienceMilliseconds, `${refused.length} creates were refused`)
  for (const { milliseconds } of refused) {
    promised(milliseconds > patienceMilliseconds - 1, `a create was refused after ${milliseconds} ms`)
  }
  return {
    creates: creates.length,
    refused: refused.length,
    create: slowest(creates),
    replay: slowest(replays),
    read: slowest(reads),
    stall: held.longest,
    ownStall: held.longestOwn,
    ownStallAfterwards: afterwards.longestOwn
  }
}

const slowest = (answers: Answered[]): number => Math.max(...answers.map(({ milliseconds }) => milliseconds))

function summary(visits: Visit[]): Record<string, number> {
  const all = (what: keyof Visit) => visits.map(visit => visit[what])
  const sum = (what: keyof Visit) => all(what).reduce((sum, value) => sum + value, 0)
  const most = (what: keyof Visit) => Math.round(Math.max(...all(what)))
  return {
    creates: sum('creates'),
    'creates refused': sum('refused'),
    'slowest create, ms': most('create'),
    'slowest replay, ms': most('replay'),
    'slowest read, ms': most('read'),
    'longest stall of the event loop, ms': most('stall'),
    'without waiting for a CPU, ms': most('ownStall'),
    'the same once it is released, ms': most('ownStallAfterwards')
  }
}

/** Sends at a fixed rate, however long the answers take. */
function startLoad({ url, rate, known, sent }: Scene) {
  const timed = {
    creates: [] as Promise<Answered>[],
    replays: [] as Promise<Answered>[],
    reads: [] as Promise<Answered>[]
  }

  async function read(): Promise<number> {
    const answer = await fetch(`${url}/_topcalls/v1/carriers?limit=1`)
    await answer.arrayBuffer()
    return answer.status
  }

  const ticking = setInterval(() => {
    const request = nthCreate('lock', sent.length)
    sent.push(request)
    timed.creates.push(clocked(create(url, request)))
    timed.reads.push(clocked(read()))
    timed.replays.push(clocked(create(url, known)))
  }, 1_000 / rate)

  return {
    async end() {
      clearInterval(ticking)
      const all = (answers: Promise<Answered>[]) => Promise.all(answers)
      return { creates: await all(timed.creates), replays: await all(timed.replays), reads: await all(timed.reads) }
    }
  }
}

/** @returns the status */
async function create(url: string, request: Sent): Promise<number> {
  const answer = await send(url, request)
  const body = await answer.text()
  if (answer.status === 201) {
    promised(request.body === undefined || request.body === body, `${request.name}: the retry got other bytes`)
    request.body = body
  } else {
    promised(answer.status === 503 && answer.headers.get('retry-after') === '1', `${answer.status}: ${body}`)
    promised(/stayed locked by another process for 5 s/.test(body), `the cause is not named: ${body}`)
  }
  return answer.status
}

async function clocked(answer: Promise<number>): Promise<Answered> {
  const begun = performance.now()
  return { status: await answer, milliseconds: performance.now() - begun }
}

async function judge({ url, sent }: Scene, database: string): Promise<void> {
  const db = new Sqlite(database, { readonly: true })
  try {
    keptAll(db, sent)
    await retryAll(url, sent)
    keptAll(db, sent)
  } finally {
    db.close()
  }
}

function helper(name: string, database: string): ChildProcess {
  return fork(fileURLToPath(new URL(name, import.meta.url)), [database])
}

async function heard(child: ChildProcess): Promise<unknown> {
  const [message] = await once(child, 'message')
  return message
}

async function ask(child: ChildProcess, word = 'stall'): Promise<unknown> {
  child.send(word)
  return await heard(child)
}
