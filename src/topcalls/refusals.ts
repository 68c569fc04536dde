import type { FastifyInstance, FastifyReply } from 'fastify'
import { Problem, renderProblem } from '../problem.ts'
import type { IdempotencyRecord, IdempotencyStore } from '../store/idempotency.ts'
import type { Writer } from '../store/writer.ts'
import type { KeyUse } from './idempotency.ts'

interface Options {
  records: IdempotencyStore
  writer: Writer
  replay(reply: FastifyReply, record: IdempotencyRecord, keyed: KeyUse): string
}

/**
 * Keeps the refusal of a body for its key, where that was observed (I9). Only what a key was looked up for gets here with one:
 * no other refusal is kept, and none takes the place of what is kept already.
 */
export function keepRefusals(api: FastifyInstance, { records, writer, replay }: Options): void {
  api.setErrorHandler(async (error, request, reply) => {
    const { keyed, account } = request
    if (!keyed || !(error instanceof Problem) || error.kind !== 'invalid_body') throw error
    const { status, headers, body } = renderProblem(error, request.id)
    const existing = await writer.write(() => {
      const now = account.clock.now()
      const record = records.find(account.id, keyed.key, now)
      const content_type = String(headers['content-type'])
      if (!record) records.put({ account_id: account.id, ...keyed, status, content_type, body, created_at: now })
      return record
    })
    if (existing) return replay(reply, existing, keyed)
    request.committed = true
    throw error
  })
}
