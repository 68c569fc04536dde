import type { FastifyInstance } from 'fastify'
import { type AppOptions, buildApp } from './app.ts'

export type { AppOptions } from './app.ts'
export { type Clock, createClock } from './clock.ts'
export { DatabaseError } from './store/database.ts'
export type { ApiKey } from './topcalls/auth.ts'
export type { Strictness } from './topcalls/rules.ts'

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
  /** Finishes what is in flight and closes the database. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts a server of its own; any number of them may run in one process.
 * @throws {DatabaseError} when the database cannot be used, or Node's own error when the port cannot
 */
export async function startFakeTopCalls({
  host = '127.0.0.1',
  port = 0,
  ...options
}: StartOptions = {}): Promise<FakeTopCalls> {
  const app = await buildApp(options)
  const close = async () => void (await app.close())
  try {
    const url = await app.listen({ host, port })
    return { url, app, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
