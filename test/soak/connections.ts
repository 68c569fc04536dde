import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { launch, type Running } from '../fixtures/program.ts'
import { drip, type Held, hold, judgeEnd, restingKinds, slowKinds } from './held.ts'
import { createRequest, openConnections, openLoop, quantile } from './load.ts'
import { residentMebibytes } from './memory.ts'
import { promised, type Report, type Soak } from './soak.ts'

const ordinaryConnections = 16

interface Options extends Record<string, number> {
  idle: number
  slow: number
  /** Requests per second of ordinary clients, and for how long. */
  rate: number
  seconds: number
  /** How long the server may take to end the idle and the slow ones, in seconds; 0: nobody waits for that. */
  patience: number
  /** On one connection. */
  requests: number
}

export const connections: Soak<Options> = {
  proves: 'thousands of idle and slow connections take nothing from the others and are ended in time, with an answer',
  options: { idle: 10_000, slow: 500, rate: 500, seconds: 20, patience: 90, requests: 50_000 },

  async run({ idle, slow, rate, seconds, patience, requests }, folder) {
    const server = await launch(['--database', join(folder, 'fake.db'), '--log-level', 'error'])
    const held: Held[] = []
    let stopDripping = () => {}
    try {
      const served = () => serve(server.url, rate, seconds)
      await served()
      const alone = await served()
      const before = residentMebibytes(server.child.pid)
      held.push(...(await hold(server.url, idle, restingKinds)), ...(await hold(server.url, slow, slowKinds)))
      stopDripping = drip(held)
      const mebibytes_for_them = residentMebibytes(server.child.pid) - before
      const beside = await served()
      const ends = patience > 0 ? await waitForEnds(held, patience) : {}
      await manyOnOne(server.url, requests)
      promised(server.log() === '', `the server logged ${server.log()}`)
      const refused = await outOfFiles(join(folder, 'other.db'))
      return {
        idle,
        slow,
        mebibytes_for_them,
        ...named(alone, 'alone'),
        ...named(beside, 'beside_them'),
        ...ends,
        requests,
        ...refused
      }
    } finally {
      stopDripping()
      for (const { socket } of held) socket.destroy()
      await server.stop('SIGKILL')
    }
  }
}

/** Lets ordinary clients create carriers, and returns the milliseconds that each took. */
async function serve(url: string, rate: number, seconds: number): Promise<number[]> {
  const clients = await openConnections(url, ordinaryConnections)
  try {
    const seen = ({ status }: { status: number }) =>
      promised(status === 201, `an ordinary client was answered ${status}`)
    return await openLoop({ connections: clients, rate, seconds, next: createRequest, seen })
  } finally {
    for (const client of clients) client.close()
  }
}

function named(latencies: number[], when: string): Report {
  const milliseconds = (share: number) => Math.round(quantile(latencies, share) * 100) / 100
  return { [`p50_ms_${when}`]: milliseconds(0.5), [`p99_ms_${when}`]: milliseconds(0.99) }
}

/** Waits until the server has ended every connection, and returns after how many seconds it ended those of each kind. */
async function waitForEnds(held: Held[], patience: number): Promise<Report> {
  const until = Math.max(...held.map(({ since }) => since)) + patience * 1_000
  while (performance.now() < until && held.some(({ endedAt }) => endedAt === undefined)) await sleep(100)
  const report: Report = {}
  for (const one of held) {
    promised(one.endedAt !== undefined, `${one.kind}: still open after ${patience} s`)
    judgeEnd(one)
    const name = `seconds_until_end_of_${one.kind.replaceAll(' ', '_')}`
    report[name] = Math.max(Number(report[name] ?? 0), Math.round((one.endedAt - one.since) / 1_000))
  }
  return report
}

async function manyOnOne(url: string, requests: number): Promise<void> {
  const [one] = await openConnections(url, 1)
  for (let number = 0; number < requests; number++) {
    const answer = await one?.send(createRequest())
    promised(answer?.status === 201, `request ${number} of one connection was answered ${answer?.status}`)
  }
  one?.close()
}

const fileLimit = 64
const connectionsOverLimit = 200

/** Takes every file descriptor of a server away, which must live, serve those that it has, and serve all later. */
async function outOfFiles(file: string): Promise<Report> {
  const within = ['sh', '-c', `ulimit -n ${fileLimit} && exec "$@"`, 'sh']
  const server = await launch(['--database', file, '--log-level', 'error'], { within })
  try {
    const held = await hold(server.url, connectionsOverLimit, ['kept alive'])
    await until(() => held.every(({ received, endedAt }) => received.length > 0 || endedAt !== undefined))
    const served = held.filter(({ received }) => received.length > 0)
    promised(served.length > 0 && served.length < fileLimit, `${served.length} were served with ${fileLimit} files`)
    promised(
      served.every(({ endedAt }) => endedAt === undefined),
      'a served connection was cut'
    )
    for (const { socket } of held) socket.destroy()
    await until(async () => (await isServed(server)) === true)
    return { connections_with_64_files: connectionsOverLimit, of_them_served: served.length }
  } finally {
    await server.stop('SIGKILL')
  }
}

/** Whether a new connection is answered: none is before the server has noticed that the others are gone. */
async function isServed({ url }: Running): Promise<boolean> {
  const [client] = await openConnections(url, 1)
  const answer = await client?.send(createRequest()).catch(() => undefined)
  client?.close()
  return answer?.status === 201
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!(await condition())) {
    promised(performance.now() < deadline, 'not within 10 s')
    await sleep(20)
  }
}
