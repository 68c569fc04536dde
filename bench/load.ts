import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createHistogram } from 'node:perf_hooks'
import { type RequestKind, requests } from './request.ts'

// A client as cheap as Node allows, since it shares two cores with the server: bytes that stand ready, no HTTP parser, no
// streams. bench/against-autocannon.ts shows that it counts and times as autocannon does, for half of the CPU.

export interface Load {
  port: number
  connections: number
  kind: RequestKind
  /** The status of every answer; any other one ends the benchmark. */
  status: number
  seconds: number
  /** At most so many requests. */
  most?: number
}

export interface Loaded {
  answers: number
  perSecond: number
  /** Milliseconds. */
  p50: number
  p99: number
}

interface Client {
  socket: Socket
  connected: Promise<unknown>
  /** Sends the next request, unless it is time to stop. */
  send(now: number): void
}

/** How long the last answers may take. */
const patienceMilliseconds = 20_000

/** Sends one request after the other on each connection until the time is over. */
export async function load({ port, connections, kind, status, seconds, most = Infinity }: Load): Promise<Loaded> {
  const latency = createHistogram()
  const failure = Promise.withResolvers<never>()
  // Connections may fail after one has told why.
  failure.promise.catch(() => {})
  const finished = Promise.withResolvers<void>()
  const clients: Client[] = []
  let deadline = 0
  let lastAnswer = 0
  let sent = 0
  let answers = 0
  let open = 0

  /** Reads are synchronous, so all connections may read into one buffer. */
  const shared = Buffer.alloc(65_536)

  function client(): Client {
    const { bytes, at, next } = requests[kind]()
    let begun = 0
    let text = ''

    function send(now: number): void {
      if (now > deadline || sent >= most) {
        if (--open === 0) finished.resolve()
        return
      }
      sent++
      begun = now
      // The answer to the last request is here, so its bytes have left.
      bytes.write(next(), at, 'latin1')
      socket.write(bytes)
    }

    function read(size: number): boolean {
      try {
        text += shared.toString('latin1', 0, size)
        const length = answerLength(text)
        if (length !== undefined && text.length >= length) take(length)
      } catch (error) {
        failure.reject(error)
      }
      return true
    }

    function take(length: number): void {
      if (text.length > length || statusOf(text) !== status) {
        throw new Error(`port ${port} was to answer ${status} but answered ${text.slice(0, 1_000)}`)
      }
      text = ''
      const now = performance.now()
      latency.record(Math.max(1, Math.round((now - begun) * 1e6)))
      answers++
      lastAnswer = now
      send(now)
    }

    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: shared, callback: read } })
    socket.on('error', failure.reject)
    socket.on('end', () => failure.reject(new Error(`port ${port} hung up`)))
    return { socket, connected: once(socket, 'connect'), send }
  }

  let timer: NodeJS.Timeout | undefined
  try {
    for (let n = 0; n < connections; n++) clients.push(client())
    await Promise.race([failure.promise, Promise.all(clients.map(({ connected }) => connected))])
    const begun = performance.now()
    deadline = begun + seconds * 1_000
    timer = setTimeout(
      () => failure.reject(new Error(`port ${port} left requests without an answer`)),
      seconds * 1_000 + patienceMilliseconds
    )
    open = connections
    for (const { send } of clients) send(performance.now())
    await Promise.race([failure.promise, finished.promise])
    return {
      answers,
      perSecond: answers / ((lastAnswer - begun) / 1_000),
      p50: latency.percentile(50) / 1e6,
      p99: latency.percentile(99) / 1e6
    }
  } finally {
    clearTimeout(timer)
    for (const { socket } of clients) socket.removeAllListeners('end').destroy()
  }
}

/** The length of the answer that a text begins with, once its headers are there. */
export function answerLength(text: string): number | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(text)?.[1]
  if (length === undefined) throw new Error(`an answer without content-length: ${text.slice(0, 1_000)}`)
  return end + 4 + Number(length)
}

export const statusOf = (text: string): number => Number(text.slice(9, 12))
