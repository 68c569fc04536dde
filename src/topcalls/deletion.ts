import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { Behaviour } from '../observed.ts'
import type { Writer } from '../store/writer.ts'

/** Makes a handler of a function that deletes something in the store, or throws what keeps it from that (C4). */
export function deletion<Params extends TSchema>(
  writer: Writer,
  { delete_status: status }: Behaviour,
  remove: (request: FastifyRequest<{ Params: Static<Params> }>) => void
) {
  return async (request: FastifyRequest<{ Params: Static<Params> }>, reply: FastifyReply) => {
    await writer.write(() => remove(request))
    request.committed = true
    return status === 204 ? reply.code(204).send() : reply.code(status).send({})
  }
}
