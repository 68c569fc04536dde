import type { Row } from './rows.ts'
import { launch } from './server.ts'
import { medianRatio, type Summary, summary } from './statistics.ts'

export interface Start {
  row: string
  /** Milliseconds from the spawn of the process to the first answer. */
  milliseconds: Summary
  samples: number[]
}

interface Options {
  rows: Row[]
  folder: string
  rounds: number
}

/** Starts every program in turns. */
export async function measureStarts({ rows, folder, rounds }: Options): Promise<Start[]> {
  const samples = rows.map(() => [] as number[])
  for (let round = 0; round < rounds; round++) {
    for (const [index, row] of rows.entries()) {
      const server = await launch(row, folder)
      await server.stop()
      samples[index]?.push(server.startMilliseconds)
    }
  }
  return rows.map(({ name }, index) => {
    const taken = samples[index] ?? []
    return { row: name, milliseconds: summary(taken), samples: taken }
  })
}

export function startRatio(starts: Start[], row: string, against: string): number {
  const of = (name: string) => starts.find(start => start.row === name)?.samples ?? []
  return medianRatio(of(row), of(against))
}
