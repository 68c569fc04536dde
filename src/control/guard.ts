import { hash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { bearerToken } from '../bearer.ts'
import { hostCheck, hostOf } from '../hosts.ts'
import type { ControlOptions } from '../options.ts'
import { Problem } from '../problem.ts'

export type GuardOptions = Pick<ControlOptions, 'token' | 'allowedHosts'>

/** For a browser: no answer is part of another page, or may be guessed to be something else. */
const browserHeaders = {
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'"
}

/**
 * Keeps the pages of a browser away from the control plane: other sites by what browsers say of themselves, and sites
 * that point their own name to this machine (DNS rebinding) by that name.
 */
export function guard(control: FastifyInstance, { token, allowedHosts }: GuardOptions): void {
  const refuseForeignHost = hostCheck(allowedHosts)
  const expected = token === undefined ? undefined : digest(token)

  control.addHook('onRequest', (request, reply, done) => {
    reply.headers(browserHeaders)
    refuseForeignHost(hostOf(request.url, request.headers))
    refuseForeignPages(request)
    const { open } = request.routeOptions.config
    if (expected && !open && !timingSafeEqual(expected, digest(bearerToken(request.headers.authorization) ?? ''))) {
      throw new Problem('unauthorized', 'Control calls need Authorization: Bearer with the --control-token', {
        headers: { 'www-authenticate': 'Bearer realm="fake-topcalls control"' }
      })
    }
    done()
  })
}

function refuseForeignPages({ headers }: FastifyRequest): void {
  const { origin, host } = headers
  const own = origin !== undefined && URL.parse(origin)?.host === URL.parse(`http://${host}`)?.host
  if (origin !== undefined && !own) throw new Problem('forbidden', 'Control calls from another origin are refused')
  // Browsers of today send it; other clients do not.
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new Problem('forbidden', 'Control calls from another site are refused')
  }
}

/** Digests have one length, so that comparing them tells nothing of the token's. */
function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}
