import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { decodedPath } from './log.ts'

const ids = new WeakMap<IncomingMessage, string>()

/** The id that a request has got in the server that handed it over; undefined where it was not. */
export const idBefore = (request: IncomingMessage): string | undefined => ids.get(request)

/**
 * Hands requests below a prefix over to a server in this one, which is made for the first of them: a start does not wait
 * for it. Register it before what looks at the route of a request.
 *
 * While it is made, a request that comes behind the first on the same connection may be executed before it; the answers
 * keep their order. Later ones are handed over at once.
 */
export function handOver(app: FastifyInstance, prefix: string, make: () => Promise<FastifyInstance>): void {
  let making: Promise<FastifyInstance> | undefined
  let server: FastifyInstance | undefined

  async function makeReady(): Promise<FastifyInstance> {
    const made = await make()
    await made.ready()
    server = made
    return made
  }

  app.addHook('onRequest', (request, reply, done) => {
    const path = decodedPath(request.url)
    if (path !== prefix && !path.startsWith(`${prefix}/`)) return done()

    function route(made: FastifyInstance): void {
      ids.set(request.raw, request.id)
      reply.hijack()
      made.routing(request.raw, reply.raw)
    }
    if (server) return route(server)
    making ??= makeReady()
    making.then(route, done)
  })
  app.addHook('preClose', async () => {
    const made = await making?.catch(() => undefined)
    await made?.close()
  })
}
