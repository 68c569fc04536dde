import type { FastifyInstance } from 'fastify'
import { type AppOptions, buildApp } from './app.ts'

export type { AppOptions } from './app.ts'
export { type Clock, createClock } from './clock.ts'
export { DatabaseError, UsageError } from './failure.ts'
export type { ApiKey } from './schemas/key.ts'
export type { Strictness } from './strictness.ts'

export interface StartOptions extends AppOptions {
  /** Address to listen on; default 127.0.0.1. */
  host?: string
  /** Port to listen on; default 0, any free one. */
  port?: number
}

export interface FakeTopCalls {
  /** Where the server listens, such as `http://127.0.0.1:8672`. */
  url: string
  app: FastifyInstance
  /** Finishes what is in flight, for up to 800 ms, and closes the database. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts a server of its own; any number of them may run in one process.
 * @throws {DatabaseError} when the database cannot be used
 * @throws {UsageError} when a key of the list is not acceptable
 * @throws Node's own error when the port cannot be used
 */
export async function startFakeTopCalls({
  host = '127.0.0.1',
  port = 0,
  ...options
}: StartOptions = {}): Promise<FakeTopCalls> {
  const app = await buildApp(options)
  const close = () => closeGracefully(app)
  try {
    const url = await app.listen({ host, port })
    return { url, app, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

/** How long requests in flight may take once the server was asked to close. */
const graceMilliseconds = 800

/** Lets what is in flight finish; connections that are idle, or that stay silent past the grace, are cut. */
async function closeGracefully(app: FastifyInstance): Promise<void> {
  // A connection becomes idle when its answer is sent, which may be after the close has begun.
  const idle = setInterval(() => app.server.closeIdleConnections(), 10)
  const grace = setTimeout(() => app.server.closeAllConnections(), graceMilliseconds)
  try {
    await app.close()
  } finally {
    clearInterval(idle)
    clearTimeout(grace)
  }
}
