import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { v5 as uuidV5 } from 'uuid'
import type { Clock } from '../clock.ts'
import { UsageError } from '../failure.ts'
import { Problem } from '../problem.ts'

/** Every scope that TopCalls documents (D). */
const scopes = [
  'calls:read',
  'calls:write',
  'campaigns:read',
  'campaigns:write',
  'knowledge:read',
  'knowledge:write',
  'leads:write',
  'phone_numbers:read',
  'phone_numbers:write'
] as const

/** Live keys look like `tc_live_xxxxx` (D). The characters are those of RFC 6750's token; the length is ours (F). */
const keyPattern = '^tc_live_[A-Za-z0-9._~+/-]+=*$'
const longestKey = 255
const keyForm = new RegExp(keyPattern)

/** A key that `--keys` accepts. */
export const ApiKey = Type.Object(
  {
    key: Type.String({ pattern: keyPattern, maxLength: longestKey, description: 'the bearer token, `tc_live_…`' }),
    account_id: Type.String({ format: 'uuid', description: 'UUID of the account; several keys may share one' }),
    scopes: Type.Array(Type.Enum(scopes), { description: 'What the key may do, such as `phone_numbers:write`' }),
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

const rememberedKeys = 1_000

/** Demands a key that is known. Without `keys` any well-formed key is an account of its own. */
export function authentication(
  api: FastifyInstance,
  { keys, clock }: { keys: ApiKey[] | undefined; clock: Clock }
): void {
  const listed = keys && new Map(keys.map(entry => [entry.key, entry]))
  // Deriving an id costs as much as a look-up in the database.
  const derived = new Map<string, Caller>()

  function listedCaller(token: string): Caller | undefined {
    const entry = listed?.get(token)
    if (!entry || entry.revoked) return undefined
    return entry.expires_at === undefined || clock.now() < Date.parse(entry.expires_at) ? entry : undefined
  }

  /** The same key is the same account after a restart, because its id is derived from it. */
  function derivedCaller(token: string): Caller {
    const known = derived.get(token)
    if (known) return known
    if (derived.size >= rememberedKeys) derived.clear()
    const caller = { account_id: uuidV5(token, accountNamespace), scopes }
    derived.set(token, caller)
    return caller
  }

  api.decorateRequest('account', '')
  api.decorateRequest('scopes')
  api.addHook('onRequest', (request, _, done) => {
    const token = bearerToken(request)
    if (!keyForm.test(token) || token.length > longestKey) {
      throw unauthorized('The API key must look like tc_live_…', 'error="invalid_token"')
    }
    const caller = listed ? listedCaller(token) : derivedCaller(token)
    if (!caller) throw unauthorized('The API key is unknown, revoked or expired', 'error="invalid_token"')
    request.account = caller.account_id
    request.scopes = caller.scopes
    done()
  })
}

/** Demands the scope that the route names. */
export function authorization(api: FastifyInstance): void {
  api.addHook('onRequest', ({ routeOptions, scopes: granted }, _, done) => {
    const { scope } = routeOptions.config
    if (scope && !granted.includes(scope)) {
      throw new Problem('forbidden', `The API key lacks the scope ${scope}`, {
        headers: { 'www-authenticate': `Bearer realm="TopCalls", error="insufficient_scope", scope="${scope}"` }
      })
    }
    done()
  })
}

/**
 * A list of keys as it may come from a file.
 * @throws {UsageError} that names the entry and the member, but never repeats a key
 */
export function checkedKeys(keys: unknown): ApiKey[] {
  const List = Type.Array(ApiKey)
  if (!Value.Check(List, keys)) {
    const [error] = Value.Errors(List, keys)
    const [entry, member] = error?.instancePath.slice(1).split('/') ?? []
    throw new UsageError(entry ? `key ${entry}: ${said(member, error?.keyword)}.` : 'the keys must be a list.')
  }
  const seen = new Set<string>()
  for (const [index, { key, expires_at }] of keys.entries()) {
    if (seen.has(key)) throw new UsageError(`key ${index} is in the list twice.`)
    // The format admits leap seconds, which no clock of JavaScript knows.
    if (expires_at !== undefined && Number.isNaN(Date.parse(expires_at))) {
      throw new UsageError(`key ${index}: ${said('expires_at', 'format')}.`)
    }
    seen.add(key)
  }
  return keys
}

function said(member = '', keyword = ''): string {
  if (keyword === 'required' || member === '') return 'needs key, account_id and scopes'
  if (keyword === 'boolean') return `${member} is not a member that keys have`
  const schema = ApiKey.properties[member as keyof ApiKey] as { description?: string } | undefined
  return `${member} is not acceptable (${schema?.description})`
}

function bearerToken({ raw, headers }: FastifyRequest): string {
  const lines = raw.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization')
  // Node keeps the first of several lines, silently.
  if (lines.length > 1) throw unauthorized('Send one Authorization header, not several', 'error="invalid_token"')
  const { authorization } = headers
  // RFC 6750, section 3.1: a request that brings no bearer token is told no error code.
  if (!authorization || !/^bearer\b/i.test(authorization)) {
    throw unauthorized('Send an API key: Authorization: Bearer tc_live_…')
  }
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
  if (!token) throw unauthorized('The Authorization header must read: Bearer tc_live_…', 'error="invalid_token"')
  return token
}

function unauthorized(detail: string, parameters?: string): Problem {
  const challenge = ['Bearer realm="TopCalls"', ...(parameters ? [parameters] : [])].join(', ')
  return new Problem('unauthorized', detail, { headers: { 'www-authenticate': challenge } })
}
