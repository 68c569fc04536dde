import type { FastifyInstance } from 'fastify'
import { isOurs } from '../log.ts'
import type { Behaviour } from '../observed.ts'
import { problemMediaType } from '../problem.ts'

/**
 * Gives problem documents the type that was observed (E2). Register it before the journal. What is no HTTP request keeps the
 * usual type: gateways answer that themselves.
 */
export function typeProblems(app: FastifyInstance, { error_media_type }: Behaviour): void {
  if (error_media_type === problemMediaType) return
  app.addHook('onSend', (request, reply, payload, done) => {
    if (reply.getHeader('content-type') === problemMediaType && !isOurs(request.url)) {
      reply.header('content-type', error_media_type)
    }
    done(null, payload)
  })
}
