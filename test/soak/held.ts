import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { carriersUrl } from '../fixtures/emulator.ts'
import { answersIn, judgeAnswer } from './fuzz/answers.ts'
import { promised } from './soak.ts'

/** A connection that a client holds and makes little of. */
export interface Held {
  kind: Kind
  socket: Socket
  received: Buffer[]
  /** Since when the server has waited for it, and when it ended the connection; in milliseconds of `performance.now()`. */
  since: number
  endedAt?: number
}

const head =
  `POST ${carriersUrl} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer tc_live_slow\r\n` +
  'Content-Type: application/json\r\n'
const whole = 'GET /_topcalls/livez HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** What each kind sends at first, and then once a second. */
const kinds = {
  silent: { first: '', drip: '' },
  'kept alive': { first: whole, drip: '' },
  'half a head': { first: head, drip: '' },
  'half a body': { first: `${head}Content-Length: 1000\r\n\r\n{`, drip: '' },
  'slow head': { first: '', drip: `${head}X: ${'x'.repeat(1_000)}` },
  'slow body': { first: `${head}Content-Length: 1000\r\n\r\n`, drip: ' '.repeat(1_000) },
  'slow chunks': { first: `${head}Transfer-Encoding: chunked\r\n\r\n`, drip: '1\r\n \r\n'.repeat(300) }
}
export type Kind = keyof typeof kinds

/** Only of this kind a whole request has arrived, which has its answer. */
const answeredKind: Kind = 'kept alive'

export const restingKinds: readonly Kind[] = ['silent', 'kept alive', 'half a head', 'half a body']
export const slowKinds: readonly Kind[] = ['slow head', 'slow body', 'slow chunks']

/** So many are opened at once: fewer than the queue of those that the server has yet to accept. */
const openedAtOnce = 200

/** Opens so many connections, of each kind as many as of the others. */
export async function hold(url: string, count: number, of: readonly Kind[]): Promise<Held[]> {
  const held: Held[] = []
  for (let number = 0; number < count; number += openedAtOnce) {
    const some = Array.from({ length: Math.min(openedAtOnce, count - number) }, (_, index) =>
      open(url, of[(number + index) % of.length] ?? 'silent')
    )
    held.push(...(await Promise.all(some)))
  }
  return held
}

async function open(url: string, kind: Kind): Promise<Held> {
  const { hostname, port } = new URL(url)
  const socket = connect({ port: Number(port), host: hostname })
  const held: Held = { kind, socket, received: [], since: performance.now() }
  await once(socket, 'connect')
  socket.on('data', chunk => held.received.push(chunk))
  // A reset is an end as well; what came before it is judged.
  socket.on('error', () => {})
  socket.on('close', () => (held.endedAt = performance.now()))
  socket.write(kinds[kind].first)
  return held
}

/** Sends of each slow connection the next byte every second; returns what stops it. */
export function drip(held: Held[]): () => void {
  let sent = 0
  const timer = setInterval(() => {
    for (const { kind, socket } of held) if (socket.writable) socket.write(kinds[kind].drip.charAt(sent))
    sent++
  }, 1_000)
  return () => clearInterval(timer)
}

/** @throws {Error} where the server ended a connection without saying why, or with something else than 408 */
export function judgeEnd({ kind, received }: Held): void {
  const answers = answersIn(Buffer.concat(received))
  for (const answer of answers) judgeAnswer(answer)
  const statuses = answers.map(({ status }) => status).join()
  promised(statuses === (kind === answeredKind ? '200' : '408'), `${kind}: ended with ${statuses || 'no answer'}`)
}
