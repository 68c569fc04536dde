import type { Problem } from '../problem.ts'
import type { Fault } from '../schemas/fault.ts'
import type { Finding } from '../schemas/request.ts'
import type { Account } from '../store/accounts.ts'
import type { SentBody } from './body.ts'
import type { Sent } from './coverage.shown.ts'
import type { KeyUse } from './idempotency.ts'

// What the hooks of the emulated API hand on to its routes.
declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a key needs for this route. */
    scope?: string
    /** Whether the route takes `Idempotency-Key`. */
    idempotent?: boolean
    /** What is worth knowing of a body although no rule forbids it. */
    findings?: (body: unknown) => Finding[]
  }
  interface FastifyRequest {
    /** The account that the key names; not there where it names none, as the hooks for all routes must expect. */
    account: Account
    /** What the key may do. */
    scopes: readonly string[]
    /** The body as it was sent. */
    sentBody: SentBody | undefined
    /** Members of the body before defaults were filled in. */
    sentMembers: Sent | undefined
    idempotencyKey: string | undefined
    /** The key with what a record needs to know, once the body is parsed. */
    keyed: KeyUse | undefined
    /** Whether this request stored something. */
    committed: boolean
    /** Whether it was answered with what another one had stored. */
    replayed: boolean
    /** What refused it. */
    problem: Problem | undefined
    /** The fault that was applied. */
    fault: Fault | undefined
  }
}
