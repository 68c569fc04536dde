import type { IncomingHttpHeaders, OutgoingHttpHeaders, Server } from 'node:http'
import type { Clock } from './clock.ts'
import type { AuthMode, Durability, Strictness } from './modes.ts'
import type { Observed } from './observed.ts'
import type { ApiKey } from './schemas/key.ts'
import type { State } from './schemas/state.ts'
import type { JournalLimits } from './store/journal.ts'

// In the words of no package, since the types of the bundled ones are not installed with the program.

/** What the server needs of a pino logger. */
export interface Logger {
  level: string
  fatal: LogMethod
  error: LogMethod
  warn: LogMethod
  info: LogMethod
  debug: LogMethod
  trace: LogMethod
  silent: LogMethod
  child(bindings: Record<string, unknown>, options?: object): Logger
}

interface LogMethod {
  (fields: object, message?: string): void
  (message: string): void
}

export interface ControlOptions {
  /** A port of its own for the control plane, 0 for any free one; without it both share the port. */
  port?: number | undefined
  /** A bearer token that each control call must bring; none is asked for without. */
  token?: string | undefined
  /** Names, beside loopback and addresses, under which the server may be spoken to. */
  allowedHosts?: string[] | undefined
}

export interface AppOptions {
  /** SQLite file, or `:memory:` (the default). It is created where it is missing. */
  database?: string
  /** When an answer may be sent: `full` (the default), after the disk has it; `relaxed`, after the operating system has it. */
  durability?: Durability | undefined
  /** The keys that are listed from the start. */
  keys?: ApiKey[] | undefined
  /** `list`: only listed keys count; `any`: each other well-formed key is an account of its own. Default: `list` with `keys`, else `any`. */
  auth?: AuthMode | undefined
  /** Which rules are enforced; default `inferred`. */
  strictness?: Strictness
  /** How another server was seen to behave where TopCalls documents nothing, as `verify --save` writes it. */
  observed?: Observed | undefined
  /** The clock of all accounts that are not steered apart, or an RFC 3339 instant at which it stands still. */
  clock?: Clock | string | undefined
  /** With it, ids and dice come from a sequence per account and are the same in each run. */
  seed?: number | undefined
  /** A state to start with, as the control plane exports it; a reset leads back to it. */
  state?: State | undefined
  /** Bounds of the journal of requests; default 10 000 entries per account and 16 MiB in all. */
  journal?: Partial<JournalLimits> | undefined
  /** How the control plane may be reached; `false`: not at all. */
  control?: ControlOptions | false | undefined
  /** A pino logger; without one nothing is logged. */
  logger?: Logger | undefined
}

/** What a Fastify server is to who started one. */
export interface App {
  /** Node's server, which listens. */
  server: Server
  /** Answers a request that comes by no socket. */
  inject(request: string | InjectedRequest): Promise<InjectedAnswer>
}

export interface InjectedRequest {
  method?: 'DELETE' | 'GET' | 'HEAD' | 'OPTIONS' | 'PATCH' | 'POST' | 'PUT'
  url: string
  headers?: IncomingHttpHeaders
  /** An object is sent as JSON. */
  payload?: string | object | Buffer
}

export interface InjectedAnswer {
  statusCode: number
  headers: OutgoingHttpHeaders
  body: string
  rawPayload: Buffer
  /** @throws {SyntaxError} when the body is no JSON */
  json(): ReturnType<typeof JSON.parse>
}
