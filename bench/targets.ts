import type { Results } from './results.ts'
import { base } from './rows.ts'
import { startRatio } from './start.ts'
import { pairRatio } from './throughput.ts'

export interface Target {
  what: string
  measured: number | undefined
  unit: string
  atLeast: number
  aim: number
  /** Whether more is better. */
  more: boolean
}

export type Verdict = 'aim met' | 'met' | 'NOT MET' | 'not measured'

export function verdictOf({ measured, atLeast, aim, more }: Target): Verdict {
  if (measured === undefined || Number.isNaN(measured)) return 'not measured'
  const reaches = (bound: number) => (more ? measured >= bound : measured <= bound)
  return reaches(aim) ? 'aim met' : reaches(atLeast) ? 'met' : 'NOT MET'
}

/** What the project wants to reach, and where it stands. */
export function targets({ throughput = [], start = [], memory = [], disk, growth }: Results): Target[] {
  const rate = (row: string, against: string) => pairRatio(throughput, row, against, 32, 'perSecond')
  const more = (what: string, measured: number, atLeast: number, aim: number): Target => ({
    ...{ what, measured, unit: '×', atLeast, aim, more: true }
  })
  const less = (what: string, measured: number | undefined, atLeast: number, aim: number, unit = '×'): Target => ({
    ...{ what, measured, unit, atLeast, aim, more: false }
  })
  const own = memory.find(({ row }) => row === 'keyed')

  return [
    more('creates/s, file, FULL, keyed, 32 connections, against bare Fastify', rate('keyed', base), 0.5, 0.75),
    more('replays/s against bare Fastify', rate('replay', base), 0.7, 0.9),
    more('creates/s against Prism', rate('keyed', 'prism'), 5, 8),
    more('creates/s against Mockoon CLI', rate('keyed', 'mockoon'), 12, 20),
    less('p99 at 32 connections against bare Fastify', pairRatio(throughput, 'keyed', base, 32, 'p99'), 3, 2),
    less('one sequential create against a sync of 4 KiB', disk?.ratio, 2.5, 1.5),
    less('start to first 201 against bare node:http', startRatio(start, 'memory', 'http'), 3.5, 2.5),
    less('start to first 201 against Mockoon CLI', startRatio(start, 'memory', 'mockoon'), 0.5, 0.35),
    less('start to first 201 against Prism', startRatio(start, 'memory', 'prism'), 0.3, 0.2),
    less('resident memory, idle', own?.idle, 90, 70, ' MB'),
    less(`resident memory after ${own?.requests ?? 0} requests`, own?.after, 150, 120, ' MB'),
    less(`cost of a create at ${growth?.carriers ?? 0} stored carriers`, growth?.creates.ratio, 1.25, 1.1),
    less('start on that file against an empty one', growth?.start.ratio, 1.2, 1.05),
    less('bytes on disk per keyed create', disk?.bytesPerCreate, 1_000, 700, ' B')
  ]
}
