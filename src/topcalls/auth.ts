import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { v5 as uuidV5 } from 'uuid'
import type { Clock } from '../clock.ts'
import { Problem } from '../problem.ts'

/** Scopes of the operations that exist here; TopCalls documents more of the same form. */
export const scopes = ['phone_numbers:read', 'phone_numbers:write'] as const
export type Scope = (typeof scopes)[number]

/** Live keys look like `tc_live_xxxxx` (D). The characters are those of RFC 6750's token; the length is ours (F). */
const keyPattern = '^tc_live_[A-Za-z0-9._~+/-]{1,247}=*$'
const keyForm = new RegExp(keyPattern)

/** A key that `--keys` accepts. */
export const ApiKey = Type.Object(
  {
    key: Type.String({ pattern: keyPattern, maxLength: 255, description: 'The bearer token, `tc_live_…`' }),
    account_id: Type.String({ format: 'uuid', description: 'The account; several keys may share one' }),
    scopes: Type.Array(Type.String({ pattern: '^[a-z_]+:(read|write)$' }), {
      description: 'What the key may do, such as `phone_numbers:write`'
    }),
    revoked: Type.Optional(Type.Boolean({ description: 'A revoked key answers 401' })),
    expires_at: Type.Optional(
      Type.String({ format: 'date-time', description: 'RFC 3339 instant from which on the key answers 401' })
    )
  },
  { additionalProperties: false }
)
export type ApiKey = Static<typeof ApiKey>

interface Caller {
  account_id: string
  scopes: readonly string[]
}

/** Namespace of the account ids that are derived from keys; random once, fixed for ever. */
const accountNamespace = '7d1f0c52-6a1e-4c0b-9a55-0e6f1f0a9b3c'

/** Demands a key that is known, and the scope that the route names. Without `keys` any well-formed key is an account of its own. */
export function authentication(
  api: FastifyInstance,
  { keys, clock }: { keys: ApiKey[] | undefined; clock: Clock }
): void {
  const listed = keys && new Map(keys.map(entry => [entry.key, entry]))

  function callerOf(token: string): Caller | undefined {
    if (!listed) return derivedCaller(token)
    const entry = listed.get(token)
    if (!entry || entry.revoked) return undefined
    if (entry.expires_at !== undefined && clock.now() >= Date.parse(entry.expires_at)) return undefined
    return entry
  }

  api.decorateRequest('account', '')
  api.addHook('onRequest', (request, _, done) => {
    const caller = callerOf(bearerToken(request))
    if (!caller) {
      throw unauthorized('The API key is not valid: unknown, malformed, revoked or expired', 'error="invalid_token"')
    }
    const { scope } = request.routeOptions.config
    if (scope && !caller.scopes.includes(scope)) {
      throw new Problem('forbidden', `The API key lacks the scope ${scope}`, {
        headers: { 'www-authenticate': `Bearer realm="TopCalls", error="insufficient_scope", scope="${scope}"` }
      })
    }
    request.account = caller.account_id
    done()
  })
}

/** Keys that were seen lately; a UUID v5 costs as much as a look-up in the database. */
const derived = new Map<string, Caller>()
const derivedLimit = 1_000

/** The same key is the same account after a restart, because its id is derived from it. */
function derivedCaller(token: string): Caller | undefined {
  const known = derived.get(token)
  if (known) return known
  if (!keyForm.test(token) || token.length > 255) return undefined
  if (derived.size >= derivedLimit) derived.clear()
  const caller = { account_id: uuidV5(token, accountNamespace), scopes }
  derived.set(token, caller)
  return caller
}

function bearerToken({ raw, headers }: FastifyRequest): string {
  const lines = raw.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization')
  // Node keeps the first of several lines, silently.
  if (lines.length > 1) throw unauthorized('Send one Authorization header, not several', 'error="invalid_request"')
  const { authorization } = headers
  // RFC 6750, section 3.1: a request that brings no credentials at all is told no error code.
  if (!authorization) throw unauthorized('Send an API key: Authorization: Bearer tc_live_…')
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
  if (!token) throw unauthorized('The Authorization header must read: Bearer tc_live_…', 'error="invalid_request"')
  return token
}

function unauthorized(detail: string, parameters?: string): Problem {
  const challenge = ['Bearer realm="TopCalls"', ...(parameters ? [parameters] : [])].join(', ')
  return new Problem('unauthorized', detail, { headers: { 'www-authenticate': challenge } })
}
