import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { type Control, connect } from './client.ts'
import type { App, AppOptions } from './options.ts'

export {
  type ConnectOptions,
  type Control,
  ControlError,
  connect,
  type Page,
  type Paging,
  type RequestFilter
} from './client.ts'
export { type Clock, createClock } from './clock.ts'
export { DatabaseError, UsageError } from './failure.ts'
export type { AuthMode, Durability, Strictness } from './modes.ts'
export type { Behaviour, Observed } from './observed.ts'
export type { App, AppOptions, ControlOptions, Logger } from './options.ts'
export type { ClockReading } from './schemas/clock.ts'
export type { Coverage } from './schemas/coverage.ts'
export type { Fault, FaultRequest } from './schemas/fault.ts'
export type { Info } from './schemas/info.ts'
export type { ApiKey, KeyInfo, KeyRequest, MintedKey, Scope } from './schemas/key.ts'
export type { RateLimitRequest } from './schemas/rate-limit.ts'
export type { Entry, EntryMatch, Expectation, Finding, Match, Outcome } from './schemas/request.ts'
export type { Part, State } from './schemas/state.ts'
export type { CarrierView, PhoneNumberView, RecordView } from './schemas/storage.ts'

export interface StartOptions extends AppOptions {
  /** Address to listen on; default 127.0.0.1. */
  host?: string
  /** Port to listen on; default 0, any free one. */
  port?: number
}

export interface Listening {
  /** Where the server listens, such as `http://127.0.0.1:8672`. */
  url: string
  /** Where its control plane listens: the same, or the port of its own; undefined where there is none. */
  controlUrl: string | undefined
  app: App
  /** Finishes what is in flight, for up to 800 ms, and closes the database. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface FakeTopCalls extends Listening {
  /** A key that may do everything, of an account of its own. */
  apiKey: string
  /** Steers and observes all accounts; `control.forAccount(apiKey)` one of them. */
  control: Control
}

/**
 * Starts a server of its own; any number of them may run in one process. It writes nothing anywhere unless it is given a
 * logger or a database file, but for V8's code of the package, which it keeps in the package's folder where it may.
 * @throws {DatabaseError} when the database cannot be used
 * @throws {UsageError} when an option is unknown or not acceptable
 * @throws Node's own error when the port cannot be used
 */
export async function startFakeTopCalls(options: StartOptions = {}): Promise<FakeTopCalls> {
  const { derivedAccount } = await import('./store/keys.ts')
  const { scopes } = await import('./schemas/key.ts')
  const { seed, keys, auth = keys ? 'list' : 'any', control } = options
  // With a seed the key and its account are the same in each run, and so are the ids.
  const apiKey = `tc_live_${seed === undefined ? randomBytes(18).toString('base64url') : `seed_${seed}`}`
  const own = { key: apiKey, account_id: derivedAccount(apiKey), scopes: [...scopes] }
  const server = await listen({ ...options, auth, keys: [...(keys ?? []), own] })
  const token = control ? control.token : undefined
  return { ...server, apiKey, control: connect(server.controlUrl ?? server.url, { token }) }
}

/** Builds a server and lets it listen; what the command line does. */
export async function listen(given: StartOptions = {}): Promise<Listening> {
  // Who only connects to a server elsewhere does not load one.
  const [{ buildApp }, { checkOptions }] = await Promise.all([import('./app.ts'), import('./checked-options.ts')])
  checkOptions(given)
  const { host = '127.0.0.1', port = 0, ...options } = given
  const app = await buildApp(options)
  const close = () => closeGracefully(app)
  try {
    const { port: controlPort = 0 } = options.control || {}
    const controlUrl = await app.controlApp?.listen({ host, port: controlPort }).then(reachable)
    const url = reachable(await app.listen({ host, port }))
    return {
      url,
      controlUrl: options.control === false ? undefined : (controlUrl ?? url),
      app,
      close,
      [Symbol.asyncDispose]: close
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The URL of a server that listens at every address: `::` is no name to speak to it by. */
const reachable = (url: string): string => url.replace('//[::]:', '//[::1]:')

/** How long requests in flight may take once the server was asked to close. */
const graceMilliseconds = 800

/** Lets what is in flight finish; connections that are idle, or that stay silent past the grace, are cut. */
async function closeGracefully(app: FastifyInstance): Promise<void> {
  const servers = [app.server, app.controlApp?.server].filter(server => server !== undefined)
  // A connection becomes idle when its answer is sent, which may be after the close has begun.
  const idle = setInterval(() => servers.forEach(server => void server.closeIdleConnections()), 10)
  const grace = setTimeout(() => servers.forEach(server => void server.closeAllConnections()), graceMilliseconds)
  try {
    await app.close()
  } finally {
    clearInterval(idle)
    clearTimeout(grace)
  }
}
