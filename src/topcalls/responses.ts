import { type Static, type TSchema, type TUnsafe, Type } from 'typebox'
import {
  catalogue,
  type ProblemDocument,
  type ProblemKind,
  ProblemDocument as ProblemSchema,
  problemMediaType,
  type Violation
} from '../problem.ts'
import type { Source } from './rules.ts'

/** A typed reference to a schema that was registered under its `$id`, so that it is printed once. */
export function ref<Schema extends TSchema & { $id?: string }>(schema: Schema): TUnsafe<Static<Schema>> {
  return Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#` })
}

type Headers = Record<string, object>

/** `x-request-id` is on every answer. */
const requestId: Headers = {
  'x-request-id': { type: 'string', format: 'uuid', description: 'Fresh for each response' }
}

const replayHeaders: Headers = {
  'Idempotent-Replayed': { type: 'string', enum: ['true'], description: 'Only on a repeated answer' },
  'Idempotency-Payload-Mismatch': {
    type: 'string',
    enum: ['true'],
    description: 'Only on an answer that is repeated although the body differs'
  }
}

/** The success of an operation that creates something and takes `Idempotency-Key` (R4). */
export function created<Schema extends TSchema>(schema: Schema, description: string, value: Static<Schema>) {
  return {
    description,
    headers: { ...requestId, ...replayHeaders },
    content: {
      'application/json': {
        schema: ref(schema),
        examples: { created: { summary: 'Something new', value } },
        'x-topcalls-source': 'inferred' satisfies Source
      }
    }
  }
}

type Example = [kind: ProblemKind, detail: string, violations?: Violation[]]

function problem(
  source: Source,
  description: string,
  [first, ...more]: [Example, ...Example[]],
  headers: Headers = {}
) {
  const examples = [first, ...more].map(([kind, detail, errors]) => {
    const { slug, title, status } = catalogue[kind]
    const value: ProblemDocument = {
      type: `https://api.topcalls.ai/errors/${slug}`,
      title,
      status,
      detail,
      instance: '5f0c9f0e-8b1f-4d2f-9a83-6f0f5f1d2c3b',
      ...(errors && { errors })
    }
    return [kind, { summary: detail, value }]
  })
  return {
    description,
    headers: { ...requestId, ...headers },
    content: {
      [problemMediaType]: {
        schema: ref(ProblemSchema),
        examples: Object.fromEntries(examples),
        'x-topcalls-source': source
      }
    }
  }
}

const challenge: Headers = { 'WWW-Authenticate': { type: 'string', description: 'As RFC 6750 says' } }
const retryAfter: Headers = { 'Retry-After': { type: 'integer', description: 'Seconds' } }

/** On every answer to an account that has a limit (F). */
const rateLimit: Headers = {
  'RateLimit-Limit': { type: 'integer', description: 'Requests per window' },
  'RateLimit-Remaining': { type: 'integer', description: 'Requests that may still follow in this window' },
  'RateLimit-Reset': { type: 'integer', description: 'Seconds until the window ends' }
}

/** For answers that the live service may give. */
const elsewhere = 'The fake never answers this by itself.'

/**
 * The refusals of an operation that takes a JSON body and `Idempotency-Key`, those of the HTTP layer included. Their
 * sources stand in docs/fidelity.md.
 * @param scope what the caller's key needs
 * @param violation an example of what may be wrong with the body
 */
export function creationAnswers(scope: string, violation: Violation) {
  const badKey: Violation = { path: 'Idempotency-Key', message: 'must have 8 to 255 characters', code: 'too_small' }
  return {
    400: problem('documented', 'The body or the key is not acceptable; `errors` names every fault', [
      ['invalid_body', `${violation.path} ${violation.message}`, [violation]],
      ['invalid_request', `${badKey.path} ${badKey.message}`, [badKey]]
    ]),
    401: problem(
      'inferred',
      'No key, or one that is malformed, unknown, revoked or expired',
      [['unauthorized', 'Send an API key: Authorization: Bearer tc_live_…']],
      challenge
    ),
    402: problem('documented', `The account has no quota left. ${elsewhere}`, [
      ['insufficient_quota', 'The account has no quota left']
    ]),
    403: problem(
      'inferred',
      'The key lacks the scope',
      [['forbidden', `The API key lacks the scope ${scope}`]],
      challenge
    ),
    408: problem('fake', 'The request did not arrive in time', [
      ['request_timeout', 'The request did not arrive in time']
    ]),
    413: problem('fake', 'The body is larger than 64 KiB', [
      ['payload_too_large', 'The body is larger than 65536 bytes']
    ]),
    415: problem(
      'fake',
      'The body is not `application/json`, or it is compressed',
      [['unsupported_media_type', 'Content-Type must be application/json']],
      { 'Accept-Encoding': { type: 'string', description: '`identity`, where the body was compressed' } }
    ),
    422: problem('fake', 'The key was first used on another operation or, in `strict`, with another body', [
      ['idempotency_key_reused', 'This Idempotency-Key was first used with another body; use a fresh key (rule S2)']
    ]),
    429: problem(
      'inferred',
      'Too many requests; only where a tester set a limit',
      [['rate_limited', 'More than 100 requests in the window; try again in 42 s']],
      { ...retryAfter, ...rateLimit }
    ),
    431: problem('fake', 'The headers are larger than 16 KiB', [
      ['headers_too_large', 'The headers are larger than 16 KiB']
    ]),
    500: problem('fake', 'A bug of the fake; please report it', [
      ['internal_error', 'Something went wrong inside fake-topcalls; its log says more']
    ]),
    503: problem(
      'fake',
      'The database is locked or the disk failed; nothing was stored',
      [['unavailable', 'The database stayed locked by another process for 5 s; nothing was stored']],
      retryAfter
    )
  }
}
