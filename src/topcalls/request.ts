import type { KeyUse } from './idempotency.ts'

// What the hooks of the emulated API hand on to its routes; the one place that extends Fastify's types.
declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a key needs for this route. */
    scope?: string
    /** Whether the route takes `Idempotency-Key`. */
    idempotent?: boolean
  }
  interface FastifyRequest {
    /** Id of the account that the key belongs to; empty before authentication. */
    account: string
    /** What the key may do. */
    scopes: readonly string[]
    idempotencyKey: string | undefined
    /** The key with what a record needs to know, once the body is parsed. */
    keyed: KeyUse | undefined
  }
}
