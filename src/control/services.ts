import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { AuthMode, Strictness } from '../modes.ts'
import type { Observed } from '../observed.ts'
import type { Coverage } from '../schemas/coverage.ts'
import type { JournalLimits } from '../store/journal.ts'
import type { StateStore, Stores } from '../store/state.ts'

/** What does not change while the server runs. */
export interface ServerFacts {
  version: string
  strictness: Strictness
  auth: AuthMode
  database: 'memory' | 'file'
  seed: number | null
  observed: Observed | null
  journal: JournalLimits
}

/** What the routes of the control plane work with. */
export interface ControlServices extends Stores {
  state: StateStore
  facts: ServerFacts
  /** What the requests of an account, or of all, have shown of the contract. */
  coverageOf(account?: string): Coverage
}

/** Where the routes are registered; what they get and answer follows from their schemas. */
export type Control = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>
