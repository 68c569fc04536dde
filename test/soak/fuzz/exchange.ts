import { connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Case } from './cases.ts'

/** What came back on a connection. */
export interface Exchange {
  received: Buffer
  /** Why the connection ended otherwise than by a close of the server. */
  failure?: string
  /** Whether the server waited for more, until the client closed its side. */
  nudged: boolean
}

interface Open {
  socket: Socket
  /** Whether it waits for a close of the server, come what may. */
  patient: boolean
  nudged: boolean
  /** When something happened on it last. */
  at: number
}

const silenceMilliseconds = 150
const patienceMilliseconds = 15_000

/**
 * Clients of a server. One that does not know what to expect and hears nothing may have sent less than a whole request:
 * it closes its side, after `fence` has shown that the server has answered all that it had by then. That takes a
 * connection of its own: the server accepts them in order, and a single one in each turn of its event loop.
 */
export function createClients(port: number, fence: () => Promise<void>) {
  const open = new Set<Open>()
  let nudging: Promise<void> | undefined
  const watch = setInterval(() => {
    for (const { socket, at } of open) {
      if (at < performance.now() - patienceMilliseconds) socket.destroy(new Error('nothing came and nothing ended'))
    }
    nudging ??= nudge()
      .catch(error => open.forEach(({ socket }) => void socket.destroy(error)))
      .finally(() => (nudging = undefined))
  }, silenceMilliseconds / 3)

  async function nudge(): Promise<void> {
    const limit = performance.now() - silenceMilliseconds
    const silent = [...open].filter(({ patient, nudged, at }) => !patient && !nudged && at < limit)
    if (silent.length === 0) return
    await fence()
    // What came together with the fence's answer is read by then.
    await nextTurn()
    await nextTurn()
    for (const one of silent) {
      if (one.at >= limit) continue
      one.nudged = true
      one.socket.end()
    }
  }

  return {
    exchange({ pieces, expected, leaves }: Case): Promise<Exchange> {
      const { promise, resolve } = Promise.withResolvers<Exchange>()
      const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
      const one: Open = { socket, patient: expected !== undefined, nudged: false, at: Number.POSITIVE_INFINITY }
      const chunks: Buffer[] = []
      const touch = () => (one.at = performance.now())
      let failure: string | undefined
      open.add(one)

      socket.on('data', chunk => {
        touch()
        chunks.push(chunk)
      })
      socket.on('end', () => socket.end())
      socket.on('error', error => (failure = error.message))
      socket.on('close', () => {
        open.delete(one)
        resolve({ received: Buffer.concat(chunks), nudged: one.nudged, ...(failure !== undefined && { failure }) })
      })
      socket.on('connect', async () => {
        for (const [index, piece] of pieces.entries()) {
          // Packets of their own, mostly.
          if (index > 0) await nextTurn()
          if (socket.writable) socket.write(piece)
          touch()
        }
        if (leaves === 'half-closes') socket.end()
        else if (leaves !== undefined) await nextTurn()
        if (leaves === 'hangs up') socket.destroySoon()
        if (leaves === 'resets') socket.resetAndDestroy()
      })
      return promise
    },
    /** Resolves when no fence is under way. */
    settled: async () => await nudging,
    close: () => clearInterval(watch)
  }
}
