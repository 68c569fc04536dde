import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerLength, statusOf } from './load.ts'
import { requests } from './request.ts'
import type { Row } from './rows.ts'

export interface Server {
  port: number
  /** From the spawn of the process to the first answer. */
  startMilliseconds: number
  /** Seconds of a core that the process has used, in user and system mode, with all its threads. */
  cpuSeconds(): number
  residentMegabytes(): number
  peakMegabytes(): number
  stop(): Promise<void>
}

const startPatienceMilliseconds = 60_000
const stopPatienceMilliseconds = 5_000

/** Linux counts CPU time in these, whatever the kernel's own tick is. */
const ticksPerSecond = 100

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
process.once('SIGINT', () => process.exit(130))

/**
 * Starts the program of a row and sends it a request until it answers.
 * @throws {Error} when it ends, or when its first answer has another status than the row says
 */
export async function launch(row: Row, folder: string): Promise<Server> {
  const port = await freePort()
  const logFile = join(folder, `${row.name}.log`)
  const log = openSync(logFile, 'a')
  const begun = performance.now()
  const child = spawn(process.execPath, row.args(port), {
    stdio: ['ignore', log, log],
    // What a program keeps in the home directory must not outlive the benchmark.
    env: { PATH: process.env.PATH, HOME: folder }
  })
  running.add(child)
  const closed = once(child, 'close').then(() => void running.delete(child))

  const status = await firstStatus(port, row, child).catch(error => {
    throw new Error(`${error.message}; its log ends with: ${readFileSync(logFile, 'utf8').slice(-1_000)}`)
  })
  closeSync(log)
  const startMilliseconds = performance.now() - begun
  if (status !== row.status) throw new Error(`${row.name} was to answer ${row.status}, but answered ${status}`)
  const memory = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(proc(child, 'status'))?.[1]) / 1_024
  return {
    port,
    startMilliseconds,
    cpuSeconds() {
      // The second field is the name of the program, which may hold blanks.
      const fields = proc(child, 'stat').split(') ').at(-1)?.split(' ') ?? []
      return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
    },
    residentMegabytes: () => memory('VmRSS'),
    peakMegabytes: () => memory('VmHWM'),
    async stop() {
      const timer = setTimeout(() => child.kill('SIGKILL'), stopPatienceMilliseconds)
      child.kill('SIGTERM')
      await closed
      clearTimeout(timer)
    }
  }
}

function proc({ pid }: ChildProcess, file: 'stat' | 'status'): string {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8')
}

async function firstStatus(port: number, { name, kind }: Row, child: ChildProcess): Promise<number> {
  const deadline = performance.now() + startPatienceMilliseconds
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
    const status = await tryOnce(port, kind)
    if (status !== undefined) return status
    await sleep(1)
  }
  throw new Error(`${name} did not answer within ${startPatienceMilliseconds / 1_000} s`)
}

/** The status of one request, or undefined where nobody listens yet. */
function tryOnce(port: number, kind: Row['kind']): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { bytes, at, next } = requests[kind]()
    bytes.write(next(), at, 'latin1')
    let text = ''
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(bytes))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNREFUSED' ? resolve(undefined) : reject(error)
    )
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      const length = answerLength(text)
      if (length === undefined || text.length < length) return
      socket.destroy()
      resolve(statusOf(text))
    })
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
