import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { decodedPath } from './log.ts'

const ids = new WeakMap<IncomingMessage, string>()

/** The id of a request that was handed over, in the server that it came to. */
export const idBefore = (request: IncomingMessage): string | undefined => ids.get(request)

/**
 * Hands requests below a prefix over to a server in this one, which is made for the first of them: a start does not wait
 * for it. Register it before what looks at the route of a request.
 */
export function handOver(app: FastifyInstance, prefix: string, make: () => Promise<FastifyInstance>): void {
  let made: Promise<FastifyInstance> | undefined

  async function makeReady(): Promise<FastifyInstance> {
    const server = await make()
    await server.ready()
    return server
  }

  app.addHook('onRequest', (request, reply, done) => {
    const path = decodedPath(request.url)
    if (path !== prefix && !path.startsWith(`${prefix}/`)) return done()
    made ??= makeReady()
    made.then(server => {
      ids.set(request.raw, request.id)
      reply.hijack()
      server.routing(request.raw, reply.raw)
    }, done)
  })
  app.addHook('preClose', async () => {
    const server = await made?.catch(() => undefined)
    await server?.close()
  })
}
