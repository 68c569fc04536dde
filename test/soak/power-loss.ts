import { mkdirSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { type Durability, durabilities } from '../../src/modes.ts'
import { missing, nthCreate, type Sent, send } from './judge.ts'
import { promised, type Report, type Soak } from './soak.ts'
import { callsIn, launchTraced, requireStrace } from './strace.ts'
import { all, type Change, dice, nothing, type Spared, volatileDisk } from './volatile-disk.ts'

interface Options extends Record<string, number> {
  creates: number
  clients: number
  /** On one file. */
  servers: number
  /** One in so many answers is judged, and one in ten times so many system calls. */
  every: number
}

type Answered = Sent & { body: string }

interface Recorded {
  durability: Durability
  /** Where the server had its files. */
  data: string
  trace: string
  /** What was sent, each with the answer that the client saw. */
  sent: Answered[]
}

export const powerLoss: Soak<Options> = {
  proves: 'no power loss takes back a 201 that was sent, and counts those that it may with --durability relaxed',
  options: { creates: 6_000, clients: 8, servers: 2, every: 1 },

  async run(options, folder) {
    requireStrace()
    const report: Report = {}
    for (const durability of durabilities) {
      const place = join(realpathSync(folder), durability)
      mkdirSync(place)
      const seen = await replay(await record(durability, options, place), options, place)
      for (const [name, value] of Object.entries(seen)) report[`${durability}: ${name}`] = value
    }
    return report
  }
}

/** Lets clients create carriers on servers whose system calls are written down. */
async function record(
  durability: Durability,
  { creates, clients, servers }: Options,
  place: string
): Promise<Recorded> {
  const data = join(place, 'data')
  const trace = join(place, 'trace')
  mkdirSync(data)
  const args = ['--database', join(data, 'fake.db'), '--durability', durability, '--log-level', 'silent']
  const server = await launchTraced(args, servers, trace)
  const anyUrl = () => server.urls[Math.floor(Math.random() * servers)] ?? ''
  const sent: Answered[] = []

  async function create(request: Sent): Promise<string> {
    const answer = await send(anyUrl(), request)
    const body = await answer.text()
    promised(answer.status === 201, `answered ${answer.status}: ${body}`)
    return body
  }

  /** The same a moment later, when it may be committed and not yet synced. */
  async function repeat(request: Sent): Promise<string> {
    await sleep(Math.random() * 4)
    return await create(request)
  }

  async function client(): Promise<void> {
    while (sent.length < creates) {
      const request = { ...nthCreate('power', sent.length), body: '' }
      sent.push(request)
      const [body, again] = await Promise.all([create(request), request.key !== undefined && repeat(request)])
      request.body = body
      promised(again === false || again === body, `${request.name}: a duplicate got other bytes`)
    }
  }

  try {
    await Promise.all(Array.from({ length: clients }, client))
    // A client may see the last answer before the call that sent it has returned, and only then it is in the trace.
    await Promise.all(server.urls.map(url => fetch(`${url}/_topcalls/livez`)))
  } finally {
    await server.kill()
  }
  return { durability, data, trace, sent }
}

/** Plays the calls on a disk that forgets, and judges what it would have kept. */
async function replay({ durability, data, trace, sent }: Recorded, { every }: Options, place: string): Promise<Report> {
  const disk = volatileDisk(data)
  const witness = createWitness(sent)
  const seen = { images: 0, checkpoints: 0, 'most answers lost': 0 }

  function judge(spared: Spared): void {
    const lost = lostIn(place, witness.asked, target => disk.writeImage(target, spared))
    seen.images++
    seen['most answers lost'] = Math.max(seen['most answers lost'], lost)
  }

  let unjudged = false
  for await (const call of callsIn(trace, data)) {
    if (call.call === 'send') {
      if (witness.hear(call.bytes)) unjudged = true
      continue
    }
    // The disk is as it was at each of the answers since the last change.
    if (unjudged && dice.oneIn(every))
      for (const spared of disk.clean() ? [nothing] : [nothing, all, dice]) judge(spared)
    unjudged = false
    witness.synced(disk.apply(call))
    if (call.call === 'sync' && call.path.endsWith('.db') && witness.answers() > 0) seen.checkpoints++
    if (dice.oneIn(10 * every)) judge(dice)
  }
  judge(nothing)

  const early = witness.early()
  promised(durability === 'relaxed' || early === 0, `${early} answers came before their sync`)
  const lost = seen['most answers lost']
  promised(durability === 'relaxed' || lost === 0, `${lost} answers were lost`)
  witness.heardAll()
  promised(seen.checkpoints > 0, 'the run was too short for a checkpoint')
  return { answers: witness.answers(), 'answers before their sync': early, ...seen }
}

/** Hears the answers in the order in which they left, and knows which ids had been synced by then. */
function createWitness(sent: Answered[]) {
  const asked: Sent[] = sent.map(({ name, key }) => ({ name, key }))
  const byName = new Map(asked.map(request => [request.name, request]))
  const syncedIds = new Set<string>()
  let answers = 0
  let early = 0

  return {
    /** What was sent, each with its answer if that has left by now. */
    asked,
    answers: () => answers,
    /** How many answers left before the bytes of their carrier were synced. */
    early: () => early,
    synced(changes: Change[]): void {
      for (const change of changes) {
        for (const id of 'bytes' in change ? uuidsIn(change.bytes) : []) syncedIds.add(id)
      }
    },
    /** Whether this is an answer that a carrier was made. */
    hear(bytes: Buffer): boolean {
      const [head = '', body = ''] = bytes.toString().split('\r\n\r\n')
      if (!head.startsWith('HTTP/1.1 201 ')) return false
      const { carrier_name, id } = JSON.parse(body)
      const request = byName.get(carrier_name)
      promised(request !== undefined, `an answer for ${carrier_name} out of the blue`)
      request.body = body
      answers++
      if (!syncedIds.has(id)) early++
      return true
    },
    heardAll(): void {
      const same = asked.every(({ body }, index) => body === sent[index]?.body)
      promised(same, 'the trace has other answers than the clients')
    }
  }
}

const uuidsIn = (bytes: Buffer): string[] =>
  bytes.toString('latin1').match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? []

/** How many answers an image has lost; throws if it is damaged. */
function lostIn(place: string, sent: Sent[], writeImage: (target: string) => void): number {
  const target = join(place, 'image')
  mkdirSync(target)
  writeImage(target)
  const db = new Sqlite(join(target, 'fake.db'))
  try {
    // Closing moves the WAL into the file, which nobody reads again.
    db.pragma('synchronous = OFF')
    return missing(db, sent).length
  } finally {
    db.close()
    rmSync(target, { recursive: true })
  }
}
