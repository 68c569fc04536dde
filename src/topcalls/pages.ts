import type { FastifyInstance } from 'fastify'
import { hostCheck, hostOf } from '../hosts.ts'

/**
 * Refuses a page that reaches the emulated API under a name of its own that it pointed to this machine. Only browsers say
 * `Origin`, so all other clients may call the server whatever they like.
 */
export function refuseForeignPages(api: FastifyInstance, allowedHosts: string[] | undefined): void {
  const refuseForeignHost = hostCheck(allowedHosts)
  api.addHook('onRequest', ({ url, headers }, _, done) => {
    if (headers.origin !== undefined) refuseForeignHost(hostOf(url, headers))
    done()
  })
}
