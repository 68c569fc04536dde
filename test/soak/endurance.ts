import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Control, connect } from '../../src/client.ts'
import { plainCarrier } from '../fixtures/emulator.ts'
import { launch } from '../fixtures/program.ts'
import { type Connection, closedLoop, createRequest, openConnections } from './load.ts'
import { residentMebibytes } from './memory.ts'
import { promised, type Soak } from './soak.ts'

const accounts = 10
const secondsBetweenSamples = 10
/** So much of the run belongs to the warm-up: code is compiled, caches and the journal fill. */
const warmUpShare = 0.25
const mostGrowth = 0.1

interface Sample {
  minute: number
  megabytes: number
}

export const endurance: Soak<{ minutes: number; connections: number }> = {
  proves: 'resident memory stays level at full load with the journal on (needs /proc, as Linux has it)',
  options: { minutes: 20, connections: 32 },

  async run({ minutes, connections: count }, folder) {
    const server = await launch(['--database', join(folder, 'fake.db'), '--log-level', 'silent'])
    const connections = await openConnections(server.url, count)
    const end = new AbortController()
    try {
      const until = performance.now() + minutes * 60_000
      const control = connect(server.url)
      const samples: Sample[] = []
      const sent = createdReplayedRefused()
      const besides = Promise.all([
        follow(control, end.signal),
        look(control, until),
        sample(server.child.pid, until, samples)
      ])
      // A failure of any of them ends the run at once; those that are left then fail unheard.
      besides.catch(() => {})
      await Promise.race([closedLoop(connections, until, sent.turn), besides])
      end.abort()
      const [followed, looks] = await besides
      const { counts, limits, dropped } = await control.info()

      const settled = samples.slice(Math.floor(samples.length * warmUpShare))
      const { level, slope } = line(settled)
      const span = (settled.at(-1)?.minute ?? 0) - (settled[0]?.minute ?? 0)
      const growth = (slope * span) / level
      const perMinute = everyMinute(samples)
      promised(growth < mostGrowth, `resident memory grew by ${(100 * growth).toFixed(1)} %: ${perMinute} MB`)
      promised(dropped > 0 || minutes < 1, 'the journal never reached its limit')
      promised(counts.request_bytes <= limits.journal_bytes, `the journal has ${counts.request_bytes} bytes`)

      return {
        minutes,
        ...sent.counts,
        followed,
        looks,
        journal_entries: counts.requests,
        journal_bytes: counts.request_bytes,
        resident_megabytes: Math.round(level),
        megabytes_per_hour: Number((slope * 60).toFixed(1)),
        growth_percent: Number((growth * 100).toFixed(1)),
        resident_megabytes_by_minute: perMinute
      }
    } finally {
      end.abort()
      for (const connection of connections) connection.close()
      await server.stop('SIGKILL')
    }
  }
}

/** What the clients send: of ten requests seven creates, five of them with a key, one retry and two that are refused. */
function createdReplayedRefused() {
  const counts = { created: 0, replayed: 0, refused: 0 }
  const refusedBody = JSON.stringify({ ...plainCarrier, carrier_name: '' })
  let number = 0

  async function turn(send: Connection['send']): Promise<void> {
    const kind = number % 10
    const token = `tc_live_endurance_${number++ % accounts}`
    const key = kind < 6 ? randomUUID() : undefined
    const refused = kind === 8 || kind === 9
    const request = createRequest({ token, key, ...(refused && { body: refusedBody }) })
    const { status, body } = await send(request)
    promised(status === (refused ? 400 : 201), `answered ${status}: ${body}`)
    counts[refused ? 'refused' : 'created']++
    if (kind !== 0) return
    const again = await send(request)
    promised(again.replayed && again.body === body, `a retry was answered ${again.status}: ${again.body}`)
    counts.replayed++
  }

  return { turn, counts }
}

/** Reads the refusals of the journal as they come. */
async function follow(control: Control, signal: AbortSignal): Promise<number> {
  let followed = 0
  try {
    for await (const _ of control.events({ outcome: 'refused' }, { signal })) followed++
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return followed
}

/** Calls the control plane once a second, as a suite does that waits for something. */
async function look(control: Control, until: number): Promise<number> {
  let looks = 0
  while (performance.now() < until) {
    const of = control.forAccount(`tc_live_endurance_${looks++ % accounts}`)
    await of.requests.list({ outcome: 'replayed', limit: 10 })
    await of.requests.verify({ match: { status: 500 }, times: 0 })
    await sleep(1_000)
  }
  return looks
}

async function sample(pid: number | undefined, until: number, samples: Sample[]): Promise<void> {
  const begun = performance.now()
  const pause = Math.min(secondsBetweenSamples * 1_000, (until - begun) / 20)
  while (performance.now() < until) {
    await sleep(pause)
    samples.push({ minute: (performance.now() - begun) / 60_000, megabytes: residentMebibytes(pid) })
  }
}

/** The straight line that is nearest to some samples: where it is in the middle, and by how much it rises in a minute. */
function line(samples: Sample[]): { level: number; slope: number } {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [minute, level] = [mean(samples.map(one => one.minute)), mean(samples.map(one => one.megabytes))]
  const covariance = mean(samples.map(one => (one.minute - minute) * (one.megabytes - level)))
  return { level, slope: covariance / mean(samples.map(one => (one.minute - minute) ** 2)) }
}

function everyMinute(samples: Sample[]): string {
  const byMinute = new Map(samples.map(({ minute, megabytes }) => [Math.floor(minute), Math.round(megabytes)]))
  return [...byMinute.values()].join(' ')
}
