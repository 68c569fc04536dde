import { type Loaded, load } from './load.ts'
import { base, type Row } from './rows.ts'
import { launch, type Server } from './server.ts'
import { median, medianRatio, type Summary, summary } from './statistics.ts'

export const connectionCounts = [1, 32, 256]

/** One measurement of a row. */
interface Sample extends Loaded {
  /** Microseconds of a core per request. */
  cpu: number
}

export interface Throughput {
  connections: number
  row: string
  perSecond: Summary
  /** Against bare Fastify in the same round. */
  ratio: number
  p50: number
  p99: number
  p99Ratio: number
  cpu: number
  samples: Sample[]
}

interface Options {
  rows: Row[]
  folder: string
  rounds: number
  seconds: number
  tell(message: string): void
}

/** Every row with every number of connections, in turns, so that a drift of the machine hits all alike. */
export async function measureThroughput({ rows, folder, rounds, seconds, tell }: Options): Promise<Throughput[]> {
  const servers = new Map<Row, Server>()
  try {
    for (const row of rows) servers.set(row, await launch(row, folder))
    const samples = new Map<string, Sample[]>()
    for (const row of rows) await sample(servers.get(row) as Server, row, 32, Math.max(1, seconds / 2))
    for (let round = 1; round <= rounds; round++) {
      for (const connections of connectionCounts) {
        for (const row of rows) {
          const name = `${connections} ${row.name}`
          const taken = await sample(servers.get(row) as Server, row, connections, seconds)
          samples.set(name, [...(samples.get(name) ?? []), taken])
        }
      }
      tell(`throughput: round ${round} of ${rounds}`)
    }
    return connectionCounts.flatMap(connections =>
      rows.map(({ name }) => {
        const of = (row: string) => samples.get(`${connections} ${row}`) ?? []
        return { connections, row: name, ...figures(of(name), of(base)) }
      })
    )
  } finally {
    await Promise.all([...servers.values()].map(server => server.stop()))
  }
}

/** How one row and another compare, pair by pair. */
export function pairRatio(
  all: Throughput[],
  row: string,
  against: string,
  connections: number,
  member: 'perSecond' | 'p99'
) {
  const of = (name: string) =>
    (all.find(one => one.row === name && one.connections === connections)?.samples ?? []).map(sample => sample[member])
  return medianRatio(of(row), of(against))
}

async function sample(server: Server, { kind, status }: Row, connections: number, seconds: number): Promise<Sample> {
  const before = server.cpuSeconds()
  const loaded = await load({ port: server.port, connections, kind, status, seconds })
  return { ...loaded, cpu: ((server.cpuSeconds() - before) / loaded.answers) * 1e6 }
}

function figures(samples: Sample[], ofBase: Sample[]) {
  const all = (member: keyof Sample, of = samples) => of.map(one => one[member])
  return {
    perSecond: summary(all('perSecond')),
    ratio: medianRatio(all('perSecond'), all('perSecond', ofBase)),
    p50: median(all('p50')),
    p99: median(all('p99')),
    p99Ratio: medianRatio(all('p99'), all('p99', ofBase)),
    cpu: median(all('cpu')),
    samples
  }
}
