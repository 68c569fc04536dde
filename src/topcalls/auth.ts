import type { FastifyInstance, FastifyRequest } from 'fastify'
import { bearerToken } from '../bearer.ts'
import { dateAnswer } from '../http-date.ts'
import { Problem } from '../problem.ts'
import { isKey } from '../schemas/key.ts'
import type { AccountStore } from '../store/accounts.ts'
import type { KeyStore } from '../store/keys.ts'

interface Options {
  keys: KeyStore
  accounts: AccountStore
}

/** Demands a key that is known, and gives the request its account. */
export function authentication(api: FastifyInstance, { keys, accounts }: Options): void {
  api.addHook('onRequest', (request, reply, done) => {
    const token = tokenOf(request)
    if (!isKey(token)) throw unauthorized('The API key must look like tc_live_…', 'error="invalid_token"')
    const caller = keys.callerOf(token)
    if (!caller) throw unauthorized('The API key is unknown, revoked or expired', 'error="invalid_token"')
    request.account = accounts.find(caller.account_id)
    request.scopes = caller.scopes
    if (accounts.seeded) {
      request.id = request.account.newRequestId()
      reply.header('x-request-id', request.id)
    }
    if (request.account.clock !== accounts.common) dateAnswer(reply, request.account.clock)
    done()
  })
}

/** Demands the scope that the route names. */
export function authorization(api: FastifyInstance): void {
  api.addHook('onRequest', ({ routeOptions, scopes: granted }, _, done) => {
    const { scope } = routeOptions.config
    if (scope && !granted.includes(scope)) {
      throw new Problem('forbidden', `The API key lacks the scope ${scope}`, {
        headers: { 'www-authenticate': `Bearer realm="TopCalls", error="insufficient_scope", scope="${scope}"` },
        rules: ['R2']
      })
    }
    done()
  })
}

function tokenOf({ raw, headers }: FastifyRequest): string {
  const lines = raw.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization')
  // Node keeps the first of several lines, silently.
  if (lines.length > 1) throw unauthorized('Send one Authorization header, not several', 'error="invalid_token"')
  const { authorization } = headers
  // RFC 6750, section 3.1: a request that brings no bearer token is told no error code.
  if (!authorization || !/^bearer\b/i.test(authorization)) {
    throw unauthorized('Send an API key: Authorization: Bearer tc_live_…')
  }
  const token = bearerToken(authorization)
  if (!token) throw unauthorized('The Authorization header must read: Bearer tc_live_…', 'error="invalid_token"')
  return token
}

function unauthorized(detail: string, parameters?: string): Problem {
  const challenge = ['Bearer realm="TopCalls"', ...(parameters ? [parameters] : [])].join(', ')
  return new Problem('unauthorized', detail, { headers: { 'www-authenticate': challenge }, rules: ['R1'] })
}
