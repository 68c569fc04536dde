import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createClock } from '../src/clock.ts'
import { openStores } from '../src/store/stores.ts'
import { buildBigFile } from './big-file.ts'
import { load } from './load.ts'
import { onFile, type Row } from './rows.ts'
import { launch, type Server } from './server.ts'
import { medianRatio, type Summary, summary } from './statistics.ts'

export interface Growth {
  carriers: number
  records: number
  gigabytes: number
  /** Milliseconds from the spawn to the first answer, on each of the files. */
  start: { empty: Summary; big: Summary; ratio: number }
  /** Creates per second with a key at 32 connections; `ratio` is the cost of one on the big file against the empty one. */
  creates: { empty: Summary; big: Summary; ratio: number }
}

interface Options {
  row: Row
  program: string
  folder: string
  carriers: number
  rounds: number
  seconds: number
  tell(message: string): void
}

/** What a create and a start cost on a file with many carriers against those on an empty one, in turns. */
export async function measureGrowth({
  row,
  program,
  folder,
  carriers,
  rounds,
  seconds,
  tell
}: Options): Promise<Growth> {
  const files = { empty: join(folder, 'empty.db'), big: join(folder, 'big.db') }
  const records = Math.round(carriers / 10)
  const empty = await openStores({ database: files.empty, clock: createClock() })
  empty.close()
  await buildBigFile(files.big, { carriers, records, tell: count => tell(`growth: ${count} carriers stored`) })
  const gigabytes = statSync(files.big).size / 1e9
  const rows = { empty: onFile(row, program, files.empty), big: onFile(row, program, files.big) }
  const sides = ['empty', 'big'] as const

  const starts = { empty: [] as number[], big: [] as number[] }
  for (let round = 0; round <= rounds; round++) {
    for (const side of sides) {
      const server = await launch(rows[side], folder)
      await server.stop()
      // The first one finds a file that the disk may not have yet.
      if (round > 0) starts[side].push(server.startMilliseconds)
    }
  }
  tell('growth: starts measured')

  const rates = { empty: [] as number[], big: [] as number[] }
  const servers = { empty: await launch(rows.empty, folder), big: await launch(rows.big, folder) }
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const side of sides) {
        const perSecond = await createsPerSecond(servers[side], row, seconds)
        if (round > 0) rates[side].push(perSecond)
      }
    }
  } finally {
    await Promise.all(sides.map(side => servers[side].stop()))
    rmSync(files.big)
  }
  return {
    ...{ carriers, records, gigabytes },
    start: { ...summaries(starts), ratio: medianRatio(starts.big, starts.empty) },
    creates: { ...summaries(rates), ratio: medianRatio(rates.empty, rates.big) }
  }
}

const summaries = ({ empty, big }: { empty: number[]; big: number[] }) => ({ empty: summary(empty), big: summary(big) })

async function createsPerSecond({ port }: Server, { kind, status }: Row, seconds: number): Promise<number> {
  const { perSecond } = await load({ port, connections: 32, kind, status, seconds })
  return perSecond
}
