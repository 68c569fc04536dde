import type { FastifyInstance } from 'fastify'
import { isOurs } from '../log.ts'
import type { Behaviour } from '../observed.ts'
import { problemMediaType } from '../problem.ts'

/** Refusals of an HTTP server before there is a request; elsewhere a gateway answers them, of which E2 says nothing. */
const statusesOfGateways = [408, 431]

/** The type of the problem documents of a status (E2). */
export function typeOfProblem(status: number, { error_media_type }: Behaviour): string {
  return statusesOfGateways.includes(status) ? problemMediaType : error_media_type
}

/**
 * Gives problem documents the type that was observed. Register it before the journal. What is no HTTP request keeps the
 * usual type.
 */
export function typeProblems(app: FastifyInstance, behaviour: Behaviour): void {
  if (behaviour.error_media_type === problemMediaType) return
  app.addHook('onSend', (request, reply, payload, done) => {
    if (reply.getHeader('content-type') === problemMediaType && !isOurs(request.url)) {
      reply.header('content-type', typeOfProblem(reply.statusCode, behaviour))
    }
    done(null, payload)
  })
}
