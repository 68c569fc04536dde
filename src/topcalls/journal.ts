import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { namesJson } from '../json.ts'
import { isOurs, printablePath } from '../log.ts'
import type { Problem } from '../problem.ts'
import { redactedHeaders, redactedJson, withoutSecrets } from '../redaction.ts'
import { faultKinds } from '../schemas/fault.ts'
import type { Finding, Outcome } from '../schemas/request.ts'
import type { AccountStore } from '../store/accounts.ts'
import type { Journal } from '../store/journal.ts'
import { takesTheAnswer } from './faults.ts'

interface Options {
  journal: Journal
  accounts: AccountStore
}

/** Enters each request into the journal at the moment at which its answer is ready, so that it is there before the answer. */
export function recordRequests(app: FastifyInstance, { journal, accounts }: Options): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (!isOurs(request.url)) journal.record(entryOf(request, reply), detailsOf(request, reply, payload))
    done(null, payload)
  })

  function entryOf(request: FastifyRequest, reply: FastifyReply) {
    const { account, fault, idempotencyKey, problem, sentBody, committed } = request
    const account_id = account?.id ?? null
    return {
      id: request.id,
      at: accounts.clockOf(account_id).now(),
      account_id,
      method: request.method,
      path: printablePath(request.url),
      idempotency_key: idempotencyKey === undefined ? null : withoutSecrets(idempotencyKey),
      body_bytes: sentBody?.bytes ?? 0,
      status: fault && !faultKinds[fault.kind].sendsStatus ? null : reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 100) / 100,
      outcome: outcomeOf(request, reply),
      committed,
      rules: problem?.rules ?? [],
      fault: fault ? { id: fault.id, kind: fault.kind, phase: fault.phase } : null,
      findings: findingsOf(request, reply)
    }
  }
}

/** What a request that succeeds has done. */
const outcomeOfMethod: Record<string, Outcome> = { GET: 'read', HEAD: 'read', DELETE: 'deleted' }

function outcomeOf(request: FastifyRequest, reply: FastifyReply): Outcome {
  if (request.fault && takesTheAnswer(request.fault)) return 'faulted'
  if (reply.statusCode >= 400) return 'refused'
  if (request.replayed) return 'replayed'
  return outcomeOfMethod[request.method] ?? 'created'
}

/** The greater part of an entry, put together as text, since it is kept for many requests and read for few. */
function detailsOf({ headers, sentBody }: FastifyRequest, reply: FastifyReply, payload: unknown): string {
  const body = sentBody?.json === undefined ? 'null' : redactedJson(sentBody.json)
  const answered = isJson(reply) && (typeof payload === 'string' || Buffer.isBuffer(payload)) ? String(payload) : ''
  // What a client has sent, in this request or in an earlier one, may come back to it, so it is redacted there as well.
  const answerBody = redactedJson(answered)
  const answer = `{"headers":${JSON.stringify(redactedHeaders(reply.getHeaders()))},"body":${answerBody || 'null'}}`
  return `{"headers":${JSON.stringify(redactedHeaders(headers))},"body":${body},"answer":${answer}}`
}

const isReuse = (problem: Problem | undefined) =>
  problem?.kind === 'idempotency_key_reused' || problem?.kind === 'idempotency_conflict'

const isJson = (reply: FastifyReply): boolean => namesJson(String(reply.getHeader('content-type')))

function findingsOf(request: FastifyRequest, reply: FastifyReply): Finding[] {
  const { routeOptions, idempotencyKey, headers, sentBody } = request
  const { idempotent, findings } = routeOptions.config
  const found: Finding[] = []
  if (idempotent && idempotencyKey === undefined && headers['idempotency-key'] === undefined) {
    found.push({ code: 'missing_idempotency_key', message: 'A retry of this request would create a second one' })
  }
  if (reply.hasHeader('idempotency-payload-mismatch') || isReuse(request.problem)) {
    found.push({ code: 'idempotency_key_reused', message: 'The key was first used with something else' })
  }
  if (sentBody?.json === undefined) return found
  if (sentBody.json.charCodeAt(0) === 0xfeff) {
    found.push({ code: 'byte_order_mark', message: 'The body begins with a byte order mark' })
  }
  if (sentBody.duplicates) {
    found.push({ code: 'duplicate_member', message: 'A member of the body has a duplicate; the last one counts' })
  }
  for (const finding of findings?.(request.body) ?? []) found.push(finding)
  return found
}
