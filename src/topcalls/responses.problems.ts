import type { Strictness } from '../modes.ts'
import type { Behaviour } from '../observed.ts'
import {
  catalogue,
  type ProblemDocument,
  type ProblemKind,
  ProblemDocument as ProblemSchema,
  type Violation
} from '../problem.ts'
import { typeOfProblem } from './problems.ts'
import { type Headers, ref, replayHeaders, requestId } from './responses.parts.ts'
import type { Source } from './rules.ts'

type Example = [kind: ProblemKind, detail: string, violations?: Violation[]]

type Described = [
  source: Source | 'observed',
  description: string,
  examples: [Example, ...Example[]],
  headers?: Headers
]

function problem(behaviour: Behaviour, ...[source, description, [first, ...more], headers = {}]: Described) {
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
      [typeOfProblem(catalogue[first[0]].status, behaviour)]: {
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

/** Names an answer under which the document tells it once for all operations. */
function shared(name: string, answer: ReturnType<typeof problem>) {
  for (const media of Object.values(answer.content)) Object.assign(media, { 'x-shared-as': name })
  return answer
}

/**
 * The refusals of every operation, those of the HTTP layer included. Their sources stand in docs/fidelity.md.
 * @param scope what the caller's key needs
 */
export function commonRefusals(behaviour: Behaviour, scope: string) {
  const refusal = (name: string, ...described: Described) => shared(name, problem(behaviour, ...described))
  return {
    ...keyRefusals(behaviour, scope),
    402: refusal('InsufficientQuota', 'documented', `The account has no quota left. ${elsewhere}`, [
      ['insufficient_quota', 'The account has no quota left']
    ]),
    408: refusal('RequestTimeout', 'fake', 'The request did not arrive in time', [
      ['request_timeout', 'The request did not arrive in time']
    ]),
    429: refusal(
      'RateLimited',
      'inferred',
      'Too many requests; only where a tester set a limit',
      [['rate_limited', 'More than 100 requests in the window; try again in 42 s']],
      { ...retryAfter, ...rateLimit }
    ),
    431: refusal('HeadersTooLarge', 'fake', 'The headers are larger than 16 KiB', [
      ['headers_too_large', 'The headers are larger than 16 KiB']
    ]),
    500: refusal('InternalError', 'fake', 'A bug of the fake; please report it', [
      ['internal_error', 'Something went wrong inside fake-topcalls; its log says more']
    ]),
    503: refusal(
      'Unavailable',
      'fake',
      'The database is locked or the disk failed; nothing was stored',
      [['unavailable', 'The database stayed locked by another process for 5 s; nothing was stored']],
      retryAfter
    )
  }
}

/** The refusals of a body before it is parsed, which meet some of DELETE as well. */
export function bodyRefusals(behaviour: Behaviour) {
  const refusal = (name: string, ...described: Described) => shared(name, problem(behaviour, ...described))
  return {
    413: refusal('PayloadTooLarge', 'fake', 'The body is larger than 64 KiB', [
      ['payload_too_large', 'The body is larger than 65536 bytes']
    ]),
    415: refusal(
      'UnsupportedMediaType',
      'fake',
      'The body is not `application/json`, or it is compressed',
      [['unsupported_media_type', 'Content-Type must be application/json']],
      { 'Accept-Encoding': { type: 'string', description: '`identity`, where the body was compressed' } }
    )
  }
}

/** What an operation that creates something may refuse. */
interface Refusable {
  strictness: Strictness
  behaviour: Behaviour
  /** An example of what may be wrong with the body. */
  violation: Violation
  /** What the account may have already, and an example of how that is told. */
  taken?: { description: string; detail: string }
}

/** The refusals of an operation that takes a JSON body and `Idempotency-Key`. */
export function creationAnswers({ strictness, behaviour, violation, taken }: Refusable) {
  const badKey: Violation = { path: 'Idempotency-Key', message: 'must have 8 to 255 characters', code: 'too_small' }
  return {
    ...commonRefusals(behaviour, 'phone_numbers:write'),
    400: problem(
      behaviour,
      'documented',
      'The body or the key is not acceptable; `errors` names every fault',
      [
        ['invalid_body', `${violation.path} ${violation.message}`, [violation]],
        ['invalid_request', `${badKey.path} ${badKey.message}`, [badKey]]
      ],
      behaviour.refusals_kept ? replayHeaders(behaviour) : {}
    ),
    ...bodyRefusals(behaviour),
    ...(taken && conflict(behaviour, taken.description, taken.detail)),
    ...reuseRefusals(strictness, behaviour, taken)
  }
}

export function invalidRequest(behaviour: Behaviour, violation: Violation) {
  const example: Example = ['invalid_request', `${violation.path} ${violation.message}`, [violation]]
  return { 400: problem(behaviour, 'fake', 'The path or the query string is not acceptable', [example]) }
}

/** The refusal of an id that the account has nothing under, with an example of its text. */
export const unknownId = (behaviour: Behaviour, detail: string) => ({
  404: problem(behaviour, 'inferred', 'The account has nothing under this id', [['not_found', detail]])
})

/** The refusal of what is at odds with what there is, with an example of its text. */
export const conflict = (behaviour: Behaviour, description: string, detail: string) => ({
  409: problem(behaviour, 'inferred', description, [['conflict', detail]])
})

/** What a caller is answered whose key is not acceptable (E5) or may not do this (E6). */
function keyRefusals(behaviour: Behaviour, scope: string) {
  const noKey = 'Send an API key: Authorization: Bearer tc_live_…'
  const unacceptable = 'No key, or one that is malformed, unknown, revoked or expired'
  if (behaviour.bad_key_status === 403) {
    const description = `${unacceptable}, or that lacks the scope`
    return { 403: problem(behaviour, 'observed', description, [['forbidden', noKey]], challenge) }
  }
  const noScope = `The API key lacks the scope ${scope}`
  return {
    401: shared('Unauthorized', problem(behaviour, 'inferred', unacceptable, [['unauthorized', noKey]], challenge)),
    403: shared(
      scope.endsWith('read') ? 'MayNotRead' : 'MayNotWrite',
      problem(behaviour, 'inferred', 'The key lacks the scope', [['forbidden', noScope]], challenge)
    )
  }
}

/** What an `Idempotency-Key` is answered that was first used with something else (I7, I8, S2). */
function reuseRefusals(strictness: Strictness, behaviour: Behaviour, taken: Refusable['taken']) {
  const { mismatch_answer } = behaviour
  const otherBody = (rule: string) => `This Idempotency-Key was first used with another body; use a fresh key (${rule})`
  if (mismatch_answer === 'replay' || strictness === 'strict') {
    const description = 'The key was first used on another operation or, in `strict`, with another body'
    return { 422: problem(behaviour, 'fake', description, [['idempotency_key_reused', otherBody('rule S2')]]) }
  }
  const observed = otherBody('rule I7, observed')
  if (mismatch_answer === 422) {
    const description = 'The key was first used on another operation or with another body'
    return { 422: problem(behaviour, 'observed', description, [['idempotency_key_reused', observed]]) }
  }
  return {
    409: problem(
      behaviour,
      'observed',
      `The key was first used with another body${taken ? `; or ${taken.description.toLowerCase()}` : ''}`,
      [['idempotency_conflict', observed], ...(taken ? [['conflict', taken.detail] satisfies Example] : [])]
    ),
    422: problem(behaviour, 'fake', 'The key was first used on another operation', [
      ['idempotency_key_reused', 'This Idempotency-Key was first used on another operation; use a fresh key']
    ])
  }
}
