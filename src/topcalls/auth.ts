import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import { bearerToken } from '../bearer.ts'
import { answerDates } from '../http-date.ts'
import { isOurs } from '../log.ts'
import type { Behaviour } from '../observed.ts'
import { Problem } from '../problem.ts'
import { countLines } from '../raw-headers.ts'
import { isKey } from '../schemas/key.ts'
import type { AccountStore } from '../store/accounts.ts'
import type { KeyStore } from '../store/keys.ts'

interface Options {
  keys: KeyStore
  accounts: AccountStore
}

/**
 * Finds the account of each request for its key, also where the request is to be refused: its clock dates the answer, its
 * sequence names the request, its journal tells of it.
 */
export function identification({ keys, accounts }: Options): onRequestHookHandler {
  const dateAnswer = answerDates()
  return (request, reply, done) => {
    const account = isOurs(request.url) ? undefined : keys.accountOf(bearerToken(request.headers.authorization) ?? '')
    if (account !== undefined) {
      request.account = accounts.find(account)
      if (accounts.seeded) request.id = request.account.newRequestId()
    }
    reply.header('x-request-id', request.id)
    dateAnswer(reply, accounts.clockOf(account))
    done()
  }
}

/** Demands a key that is known. */
export function authentication(
  api: FastifyInstance,
  { keys, behaviour }: Pick<Options, 'keys'> & { behaviour: Behaviour }
): void {
  const unauthorized = refusal(behaviour)
  api.addHook('onRequest', (request, _, done) => {
    const token = tokenOf(request, unauthorized)
    if (!isKey(token)) throw unauthorized('The API key must look like tc_live_…', 'error="invalid_token"')
    const caller = keys.callerOf(token)
    if (!caller) throw unauthorized('The API key is unknown, revoked or expired', 'error="invalid_token"')
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
        headers: { 'www-authenticate': `Bearer realm="TopCalls", error="insufficient_scope", scope="${scope}"` },
        rules: [scope.endsWith(':read') ? 'R5' : 'R2']
      })
    }
    done()
  })
}

function tokenOf({ raw, headers }: FastifyRequest, unauthorized: ReturnType<typeof refusal>): string {
  // Node keeps the first.
  if (countLines(raw, 'authorization') > 1)
    throw unauthorized('Send one Authorization header, not several', 'error="invalid_token"')
  const { authorization } = headers
  // RFC 6750, section 3.1: a request that brings no bearer token is told no error code.
  if (!authorization || !/^bearer\b/i.test(authorization)) {
    throw unauthorized('Send an API key: Authorization: Bearer tc_live_…')
  }
  const token = bearerToken(authorization)
  if (!token) throw unauthorized('The Authorization header must read: Bearer tc_live_…', 'error="invalid_token"')
  return token
}

function refusal({ bad_key_status }: Behaviour) {
  const kind = bad_key_status === 401 ? 'unauthorized' : 'forbidden'
  return (detail: string, parameters?: string): Problem => {
    const challenge = ['Bearer realm="TopCalls"', ...(parameters ? [parameters] : [])].join(', ')
    return new Problem(kind, detail, { headers: { 'www-authenticate': challenge }, rules: ['R1'] })
  }
}
