import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import { Type } from 'typebox'
import type { Strictness } from '../modes.ts'
import type { Behaviour } from '../observed.ts'
import { Problem, type Violation } from '../problem.ts'
import { withoutSecrets } from '../redaction.ts'
import type { AccountStore } from '../store/accounts.ts'
import type { IdempotencyRecord, IdempotencyStore } from '../store/idempotency.ts'
import type { Writer } from '../store/writer.ts'
import { keepRefusals } from './refusals.ts'

const shortest = 8
const longest = 255
const keyPattern = '^[A-Za-z0-9_-]*$'
const keyForm = new RegExp(keyPattern)

/** Headers of a route that takes keys; for the documentation, since the key is judged before the body is read. */
export const IdempotencyHeaders = Type.Object({
  'Idempotency-Key': Type.Optional(
    Type.String({
      minLength: shortest,
      maxLength: longest,
      pattern: keyPattern,
      'x-topcalls-source': 'documented',
      description: 'Makes a retry safe: for 24 hours the same key of the same account gets the first answer again'
    })
  )
})

/** Expired records that a create with a key removes: each is a random page of the index to write, as its own is. */
const removedPerCreate = 1

interface Options {
  records: IdempotencyStore
  writer: Writer
  accounts: AccountStore
  strictness: Strictness
  behaviour: Behaviour
}

/** When something is created, and where its ids come from. */
export interface Creation {
  now: number
  newId(): string
}

/** What a request does with its key, known once its body is parsed. */
export interface KeyUse {
  key: string
  /** Method and route template, so that a query string or an escape in the path makes no difference. */
  operation: string
  fingerprint: string
}

/**
 * Adds idempotency keys to the routes of a scope whose config says `idempotent: true`, and returns what wraps their
 * handlers. Register it after authentication and before anything that reads the body.
 */
export function idempotency(api: FastifyInstance, { records, writer, accounts, strictness, behaviour }: Options) {
  api.addHook('onRequest', (request, _, done) => {
    if (request.routeOptions.config.idempotent) request.idempotencyKey = keyOf(request)
    done()
  })

  // Keeps replays off the writer, and answers them even if the body would not pass the schema any more.
  api.addHook('preValidation', (request, reply, done) => {
    if (request.idempotencyKey === undefined) return done()
    // What awaits the reply, as an async hook has to, listens for the end of its stream, which costs as much as to look a record up.
    keptAnswer(request, reply, request.idempotencyKey).then(body => {
      if (body === undefined) done()
      else reply.send(body)
    }, done)
  })

  /** What a key has been answered with; undefined where it is new, which is noted at the request. */
  async function keptAnswer(request: FastifyRequest, reply: FastifyReply, key: string): Promise<string | undefined> {
    const { account, body, routeOptions } = request
    const keyed = {
      key,
      operation: `${request.method} ${routeOptions.url}`,
      // Taken before the validator fills in defaults.
      fingerprint: records.fingerprint(canonicalJson(body))
    }
    const record = await writer.read(() => records.find(account.id, key, account.clock.now()))
    if (!record) {
      request.keyed = keyed
      return undefined
    }
    // After a restart the clock of the account may stand before what it has kept.
    if (record.created_at > account.clock.now()) accounts.steer(account.id, clock => clock.notBefore(record.created_at))
    return replay(reply, record, keyed)
  }

  function replay(reply: FastifyReply, record: IdempotencyRecord, { operation, fingerprint, key }: KeyUse): string {
    if (record.operation !== operation) {
      throw new Problem(
        'idempotency_key_reused',
        `This Idempotency-Key was first used on ${record.operation}; use a fresh key`,
        { rules: ['I8'] }
      )
    }
    // A record that was imported from another server has no fingerprint that could be compared.
    if (record.fingerprint && record.fingerprint !== fingerprint) {
      if (strictness === 'strict') {
        throw new Problem(
          'idempotency_key_reused',
          'This Idempotency-Key was first used with another body; use a fresh key (rule S2)',
          { rules: ['S2'] }
        )
      }
      if (behaviour.mismatch_answer !== 'replay') throw mismatch(behaviour.mismatch_answer)
      reply.log.warn(
        { requestId: reply.request.id, idempotencyKey: withoutSecrets(key) },
        'idempotency key used again with another body: the first answer is repeated'
      )
      reply.header('Idempotency-Payload-Mismatch', 'true')
    }
    if (behaviour.replay_header !== null) reply.header(behaviour.replay_header, 'true')
    reply.request.replayed = true
    return answerWith(reply, record)
  }

  if (behaviour.refusals_kept) keepRefusals(api, { records, writer, replay })

  /**
   * Makes a handler of a function that creates something in the store and returns what the client is to see. Effect and
   * answer are committed in one transaction, and only a committed success is kept, so there is no state in between:
   * no claim, no lock that must expire, no 409.
   */
  return function creating<Body, Created extends Record<string, unknown>>(
    create: (request: FastifyRequest & { body: Body }, creation: Creation) => Created
  ): RouteHandlerMethod {
    return async (incoming, reply) => {
      const request = incoming as FastifyRequest & { body: Body }
      const { keyed, account } = request
      let undraw = () => {}

      const { record, replayed } = await writer.write(() => {
        // It may be run again, and is to get the ids of the run that does not count.
        undraw()
        undraw = account.drawnIds()
        const now = account.clock.now()
        // Looked up again: a duplicate may have been faster since the first look, also in another process.
        const existing = keyed && records.find(account.id, keyed.key, now)
        if (existing) return { record: existing, replayed: true }

        const answer = {
          status: behaviour.success_status,
          content_type: 'application/json; charset=utf-8',
          body: JSON.stringify(create(request, { now, newId: account.newId }))
        }
        if (keyed) {
          records.removeOldest(accounts.now, removedPerCreate, now)
          records.put({ account_id: account.id, ...keyed, ...answer, created_at: now })
        }
        return { record: answer, replayed: false }
      })
      request.committed = !replayed
      return replayed ? replay(reply, record as IdempotencyRecord, keyed as KeyUse) : answerWith(reply, record)
    }
  }
}

function mismatch(status: 409 | 422): Problem {
  const kind = status === 409 ? 'idempotency_conflict' : 'idempotency_key_reused'
  const detail = 'This Idempotency-Key was first used with another body; use a fresh key (rule I7, observed)'
  return new Problem(kind, detail, { rules: ['I7'] })
}

/** Makes a stored answer ready and returns its body, which is sent as it is, the first time as every time. */
function answerWith(
  reply: FastifyReply,
  { status, content_type, body }: Pick<IdempotencyRecord, 'status' | 'content_type' | 'body'>
): string {
  reply.code(status).header('content-type', content_type)
  return body
}

/** The key of a request; absent only when the header is. */
function keyOf({ headers }: FastifyRequest): string | undefined {
  const sent = headers['idempotency-key']
  if (sent === undefined) return undefined
  // Node joins lines of the same name with a comma, which no key may contain.
  const key = String(sent)
  const violation = violationOf(key)
  if (violation) throw Problem.refusing('invalid_request', [{ path: 'Idempotency-Key', ...violation }], ['I1'])
  return key
}

function violationOf(key: string): Pick<Violation, 'message' | 'code'> | undefined {
  if (!keyForm.test(key)) {
    return { message: 'must be sent once and consist of letters, digits, "_" and "-"', code: 'invalid_value' }
  }
  const message = `must have ${shortest} to ${longest} characters`
  if (key.length < shortest) return { message, code: 'too_small' }
  if (key.length > longest) return { message, code: 'too_big' }
  return undefined
}

/**
 * The same text for bodies that differ only in white space or the order of members, in the manner of RFC 8785, which
 * itself has no text for what `1e999` or a lone surrogate parse to. The parser bounds the depth.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`
  if (typeof value === 'object' && value !== null) {
    const object = value as Record<string, unknown>
    // Sorted by code units, as the RFC does.
    const names = Object.keys(object).sort()
    return `{${names.map(name => `${JSON.stringify(name)}:${canonicalJson(object[name])}`).join()}}`
  }
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}
