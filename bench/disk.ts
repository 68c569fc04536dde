import { closeSync, fdatasyncSync, openSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { load } from './load.ts'
import { onFile, type Row } from './rows.ts'
import { launch, type Server } from './server.ts'
import { median, medianRatio, type Summary, summary } from './statistics.ts'

export interface Disk {
  /** Milliseconds of a create with a key and of a sync of 4 KiB in the same folder, in turns. */
  create: Summary
  sync: Summary
  ratio: number
  /** How many creates with a key the file was filled with, and what each takes. */
  creates: number
  bytesPerCreate: number
}

interface Options {
  row: Row
  /** The same server without a file, so that syncs have the pauses of creates and the disk nothing else to do. */
  memory: Row
  program: string
  folder: string
  rounds: number
  creates: number
}

const perRound = 100
/** As many as V8 wants to see before it optimises; the throughput is measured of a warm server as well. */
const warmUp = 5_000
const blockBytes = 4_096

export async function measureDisk({ row, memory, program, folder, rounds, creates: most }: Options): Promise<Disk> {
  const file = join(folder, 'disk.db')
  const latency = { create: [] as number[], sync: [] as number[] }
  const server = await launch(onFile(row, program, file), folder)
  const pacer = await launch(memory, folder)
  // Each start was measured with one create.
  let stored = 1
  const creates = async (connections: number, most: number) => {
    const loaded = await load({ port: server.port, connections, kind: row.kind, status: row.status, seconds: 60, most })
    stored += loaded.answers
    return loaded
  }
  try {
    const syncs = createSyncs(join(folder, 'block'))
    const paced = async (most: number) => {
      const taken: number[] = []
      // A disk answers syncs in a row sooner than the same ones with pauses between.
      const between = () => void taken.push(syncs.milliseconds())
      await load({
        port: pacer.port,
        connections: 1,
        kind: memory.kind,
        status: memory.status,
        seconds: 60,
        most,
        between
      })
      return median(taken)
    }
    await creates(1, warmUp)
    await paced(warmUp)
    for (let round = 0; round < rounds; round++) {
      latency.create.push((await creates(1, perRound)).p50)
      latency.sync.push(await paced(perRound))
    }
    syncs.close()
    await creates(32, most)
    await checkStored(server, stored)
  } finally {
    await Promise.all([server.stop(), pacer.stop()])
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

/** @throws {Error} when a server has fewer or more carriers than were answered 201 */
async function checkStored({ port }: Server, expected: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/_topcalls/v1/carriers?limit=1`)
  const { total } = (await answer.json()) as { total: number }
  if (total !== expected) throw new Error(`${expected} creates were answered 201, but ${total} carriers are stored`)
}
