import { closeSync, fdatasyncSync, openSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { load } from './load.ts'
import { onFile, type Row } from './rows.ts'
import { launch, type Server } from './server.ts'
import { median, medianRatio, type Summary, summary } from './statistics.ts'

export interface Disk {
  /** Milliseconds of a create with a key and of a sync of 4 KiB in the same folder, one after the other in turns. */
  create: Summary
  sync: Summary
  ratio: number
  /** How many creates with a key the file was filled with, and what each takes. */
  creates: number
  bytesPerCreate: number
}

interface Options {
  row: Row
  program: string
  folder: string
  rounds: number
  creates: number
}

const perRound = 100
/** As many as V8 wants to see before it optimises; the throughput is measured of a warm server as well. */
const warmUp = 5_000
const blockBytes = 4_096

export async function measureDisk({ row, program, folder, rounds, creates }: Options): Promise<Disk> {
  const file = join(folder, 'disk.db')
  const { kind, status } = row
  const server = await launch(onFile(row, program, file), folder)
  const { port } = server
  let stored: number
  const latency = { create: [] as number[], sync: [] as number[] }
  try {
    await load({ port, connections: 1, kind, status, seconds: 60, most: warmUp })
    const syncs = createSyncs(join(folder, 'block'))
    for (let round = 0; round < rounds; round++) {
      const taken: number[] = []
      // A disk answers many syncs in a row sooner than the same ones with pauses between, as those of creates are.
      const between = () => void taken.push(syncs.milliseconds())
      const { p50 } = await load({ port, connections: 1, kind, status, seconds: 60, most: perRound, between })
      latency.create.push(p50)
      latency.sync.push(median(taken))
    }
    syncs.close()
    const { answers } = await load({ port, connections: 32, kind, status, seconds: 60, most: creates })
    // One more: the one that the start was measured with.
    stored = await storedCarriers(server, answers + warmUp + rounds * perRound + 1)
  } finally {
    await server.stop()
  }
  return {
    create: summary(latency.create),
    sync: summary(latency.sync),
    ratio: medianRatio(latency.create, latency.sync),
    creates: stored,
    bytesPerCreate: statSync(file).size / stored
  }
}

/** Writes blocks over each other in a file as long as SQLite's log, and syncs each. */
function createSyncs(file: string) {
  const descriptor = openSync(file, 'w')
  const block = Buffer.alloc(blockBytes, 1)
  const blocks = 1_000
  for (let n = 0; n < blocks; n++) writeSync(descriptor, block, 0, blockBytes, n * blockBytes)
  fdatasyncSync(descriptor)
  let next = 0
  return {
    milliseconds(): number {
      const begun = performance.now()
      writeSync(descriptor, block, 0, blockBytes, (next++ % blocks) * blockBytes)
      fdatasyncSync(descriptor)
      return performance.now() - begun
    },
    close: () => closeSync(descriptor)
  }
}

/**
 * How many carriers a server has.
 * @throws {Error} when it has fewer or more than were answered 201
 */
async function storedCarriers({ port }: Server, expected: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/_topcalls/v1/carriers?limit=1`)
  const { total } = (await answer.json()) as { total: number }
  if (total !== expected) throw new Error(`${expected} creates were answered 201, but ${total} carriers are stored`)
  return total
}
