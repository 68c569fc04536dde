import type { Disk } from './disk.ts'
import type { Growth } from './growth.ts'
import type { Memory } from './memory.ts'
import type { Size } from './sizes.ts'
import type { Start } from './start.ts'
import type { Throughput } from './throughput.ts'

/** What one run has measured; a part that was left out is not there. */
export interface Results {
  /** The machine and how long was measured. */
  conditions: Record<string, string | number>
  /** Names of the rows for people. */
  labels: Record<string, string>
  throughput?: Throughput[]
  start?: Start[]
  memory?: Memory[]
  sizes?: Size[]
  disk?: Disk
  growth?: Growth
}

export const parts = ['sizes', 'start', 'memory', 'throughput', 'disk', 'growth'] as const
export type Part = (typeof parts)[number]
