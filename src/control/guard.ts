import { hash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { bearerToken } from '../bearer.ts'
import { isLoopbackName } from '../loopback.ts'
import { Problem } from '../problem.ts'

export interface GuardOptions {
  /** A bearer token that each control call must bring; none is asked for without. */
  token?: string | undefined
  /** Names, beside loopback and addresses, under which the server may be spoken to. */
  allowedHosts?: string[] | undefined
}

/**
 * Keeps the pages of a browser away from the control plane: other sites by what browsers say of themselves, and sites
 * that point their own name to this machine (DNS rebinding) by that name.
 */
export function guard(control: FastifyInstance, { token, allowedHosts = [] }: GuardOptions): void {
  const allowed = new Set(allowedHosts.map(host => host.toLowerCase()))
  const expected = token === undefined ? undefined : digest(token)

  control.addHook('onRequest', (request, _, done) => {
    const host = hostName(request.headers.host)
    if (!isLoopbackName(host) && isIP(host) === 0 && !allowed.has(host)) {
      throw new Problem('forbidden', 'The Host is neither loopback nor an address; add it to --allowed-hosts')
    }
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

/** The name of a Host header, without port and brackets. */
function hostName(host = ''): string {
  return (URL.parse(`http://${host}`)?.hostname ?? '').replace(/^\[|\]$/g, '').replace(/\.$/, '')
}

/** Digests have one length, so that comparing them tells nothing of the token's. */
function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}
