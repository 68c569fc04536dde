import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { carriersUrl, plainCarrier } from '../fixtures/emulator.ts'

// `fetch` costs more than the server that is measured, so requests are written to sockets as text.

export interface Answer {
  status: number
  replayed: boolean
  /** Its bytes, one character each. */
  body: string
}

/** A keep-alive connection; it carries one request at a time. */
export interface Connection {
  send(request: string): Promise<Answer>
  close(): void
}

export async function openConnections(url: string, count: number): Promise<Connection[]> {
  return await Promise.all(Array.from({ length: count }, () => openConnection(url)))
}

async function openConnection(url: string): Promise<Connection> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true }).setEncoding('latin1')
  await once(socket, 'connect')
  let received = ''
  let waiting = Promise.withResolvers<Answer>()
  // What nobody waits for is not an error of its own.
  const fail = (reason: string) => {
    waiting.promise.catch(() => {})
    waiting.reject(new Error(`${reason} after ${JSON.stringify(received)}`))
  }
  socket.on('error', ({ message }) => fail(message))
  socket.on('close', () => fail('the connection was closed'))
  socket.on('data', text => {
    received += text
    const answer = answerIn(received)
    if (!answer) return
    received = ''
    waiting.resolve(answer)
  })

  return {
    send(request) {
      waiting = Promise.withResolvers()
      if (socket.destroyed) fail('the connection was closed')
      else socket.write(request)
      return waiting.promise
    },
    close: () => void socket.destroy()
  }
}

/** The answer that a text holds, once it is whole. */
function answerIn(text: string): Answer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = text.slice(0, end).toLowerCase()
  const length = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0)
  const body = text.slice(end + 4)
  if (body.length < length) return undefined
  return { status: Number(head.slice(9, 12)), replayed: head.includes('\r\nidempotent-replayed: true'), body }
}

interface Create {
  key?: string | undefined
  token?: string
  body?: string
}

const plainBody = JSON.stringify(plainCarrier)

/** A request that adds a carrier, as text. */
export function createRequest({ key, token = 'tc_live_load', body = plainBody }: Create = {}): string {
  const keyLine = key === undefined ? '' : `Idempotency-Key: ${key}\r\n`
  return (
    `POST ${carriersUrl} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n${keyLine}` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

interface OpenLoop {
  connections: Connection[]
  /** Requests per second. */
  rate: number
  seconds: number
  /** The next request. */
  next: () => string
  /** What is to happen with each answer. */
  seen: (answer: Answer) => void
}

const longestDelay = 60_000

/**
 * Sends at a fixed rate, however slow the answers are.
 * @returns the milliseconds of each request, from when it was to be sent, so that no wait is left out
 */
export async function openLoop({ connections, rate, seconds, next, seen }: OpenLoop): Promise<number[]> {
  const total = Math.round(rate * seconds)
  const begun = performance.now()
  const dueAt = (index: number) => begun + (index * 1_000) / rate
  const idle = [...connections]
  const latencies: number[] = []
  let sent = 0
  let failure: Error | undefined

  async function send(connection: Connection, due: number): Promise<void> {
    seen(await connection.send(next()))
    latencies.push(performance.now() - due)
    idle.push(connection)
    sendDue()
  }

  function sendDue(): void {
    while (sent < total && dueAt(sent) <= performance.now()) {
      const connection = idle.pop()
      if (!connection) return
      send(connection, dueAt(sent++)).catch(error => (failure ??= error))
    }
  }

  while (latencies.length < total) {
    if (performance.now() > dueAt(total) + longestDelay) failure ??= new Error('the server fell behind by a minute')
    if (failure) throw failure
    sendDue()
    await sleep(1)
  }
  return latencies
}

/** Lets each connection send one request after the other until `until`, in milliseconds of `performance.now()`. */
export async function closedLoop(
  connections: Connection[],
  until: number,
  turn: (send: Connection['send']) => Promise<void>
): Promise<void> {
  await Promise.all(
    connections.map(async connection => {
      while (performance.now() < until) await turn(connection.send)
    })
  )
}

/** The value below which a share of some numbers lies. */
export function quantile(numbers: number[], share: number): number {
  const sorted = Float64Array.from(numbers).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
