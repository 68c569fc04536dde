import { setTimeout as sleep } from 'node:timers/promises'
import { load } from './load.ts'
import type { Row } from './rows.ts'
import { launch } from './server.ts'

export interface Memory {
  row: string
  /** Megabytes of resident memory: after the first answer and a rest, and after the requests and a rest. */
  idle: number
  after: number
  peak: number
  /** How many requests that were; a slow program gets fewer. */
  requests: number
}

interface Options {
  rows: Row[]
  folder: string
  requests: number
  atMostSeconds: number
}

const restMilliseconds = 2_000

export async function measureMemory({ rows, folder, requests, atMostSeconds }: Options): Promise<Memory[]> {
  const found: Memory[] = []
  for (const row of rows) found.push(await memoryOf(row, folder, requests, atMostSeconds))
  return found
}

async function memoryOf(row: Row, folder: string, most: number, seconds: number): Promise<Memory> {
  const server = await launch(row, folder)
  try {
    await sleep(restMilliseconds)
    const idle = server.residentMegabytes()
    const { port } = server
    const { answers } = await load({ port, connections: 32, kind: row.kind, status: row.status, seconds, most })
    await sleep(restMilliseconds)
    return { row: row.name, idle, after: server.residentMegabytes(), peak: server.peakMegabytes(), requests: answers }
  } finally {
    await server.stop()
  }
}
