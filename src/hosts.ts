import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { isLoopbackName } from './loopback.ts'
import { Problem } from './problem.ts'

/** A name or an address, with a port perhaps (RFC 9110, section 7.2); no user, path or escape, of which a URL could be made. */
const hostForm = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?$/

/** Addresses that stand for this machine without being its own: browsers take them for other sites than it. */
const nowhere = ['0.0.0.0', '::']

/** Tells whether a server may be spoken to under the name that a request gives it. */
export function hostCheck(allowedHosts: string[] = []) {
  const allowed = new Set(allowedHosts.map(host => host.toLowerCase()))

  /** Refuses a site that points its own name to this machine (DNS rebinding), by that name. */
  return function refuseForeignHost(host: string | undefined): void {
    const name = hostName(host)
    const known = isLoopbackName(name) || allowed.has(name) || (isIP(name) !== 0 && !nowhere.includes(name))
    if (!known) {
      const detail = 'The Host is neither loopback nor an address; add it to --allowed-hosts'
      throw new Problem('forbidden', detail, { rules: ['E14'] })
    }
  }
}

/** The name of a Host header in its usual spelling, without port and brackets; empty where it is none. */
function hostName(host = ''): string {
  const hostname = hostForm.test(host) ? URL.parse(`http://${host}`)?.hostname : undefined
  return (hostname ?? '').replace(/^\[|\]$/g, '').replace(/\.$/, '')
}

/** The host that a request is for: that of its target, where it has one (RFC 9112, section 3.2.2), else its Host. */
export function hostOf(url: string, { host }: IncomingHttpHeaders): string | undefined {
  return /^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? host
}
