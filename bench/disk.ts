import { closeSync, fdatasyncSync, openSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { load } from './load.ts'
import { onFile, type Row } from './rows.ts'
import { launch, type Server } from './server.ts'
import { median, medianRatio, type Summary, summary } from './statistics.ts'

export interface Disk {
  /** Milliseconds of a create with a key, and of a sync of 4 KiB in the same folder after a pause, a hundred of each in turns. */
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
/** So many creates V8 has mostly optimised; the throughput is measured of a warm server as well. */
const warmUp = 5_000
/** Between two syncs, about what is between those of two creates: a disk answers syncs in a row sooner. */
const pauseMilliseconds = 1
const blockBytes = 4_096

export async function measureDisk({ row, program, folder, rounds, creates }: Options): Promise<Disk> {
  const file = join(folder, 'disk.db')
  const { kind, status } = row
  const server = await launch(onFile(row, program, file), folder)
  // The start was measured with one.
  let stored = 1
  async function create(connections: number, most: number) {
    const loaded = await load({ port: server.port, connections, kind, status, seconds: 60, most })
    stored += loaded.answers
    return loaded
  }
  const latency = { create: [] as number[], sync: [] as number[] }
  try {
    const syncs = createSyncs(join(folder, 'block'))
    await create(1, warmUp)
    for (let round = 0; round < rounds; round++) {
      latency.create.push((await create(1, perRound)).p50)
      latency.sync.push(await syncs.median())
    }
    syncs.close()
    await create(32, creates)
    await checkStored(server, stored)
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
    /** Milliseconds. */
    async median(): Promise<number> {
      const taken: number[] = []
      while (taken.length < perRound) {
        await sleep(pauseMilliseconds)
        const begun = performance.now()
        writeSync(descriptor, block, 0, blockBytes, (next++ % blocks) * blockBytes)
        fdatasyncSync(descriptor)
        taken.push(performance.now() - begun)
      }
      return median(taken)
    },
    close: () => closeSync(descriptor)
  }
}

/** @throws {Error} when a server has fewer or more carriers than were answered 201 */
async function checkStored({ port }: Server, expected: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/_topcalls/v1/carriers?limit=1`)
  const { total } = (await answer.json()) as { total: number }
  if (total !== expected) throw new Error(`${expected} creates were answered 201, but ${total} carriers are stored`)
}
