import { STATUS_CODES } from 'node:http'
import { type Static, Type } from 'typebox'

/**
 * Every kind of refusal: the published slug, the status and the title. Only `insufficient_quota` and the title of a refused
 * body are documented by TopCalls. `rule` is the one that such a refusal is about unless its thrower says otherwise.
 */
export const catalogue = {
  invalid_request: { slug: 'invalid_request', status: 400, title: 'Invalid request' },
  invalid_body: { slug: 'invalid_request', status: 400, title: 'Invalid request body' },
  unauthorized: { slug: 'unauthorized', status: 401, title: 'Unauthorized' },
  insufficient_quota: { slug: 'insufficient_quota', status: 402, title: 'Insufficient quota', rule: 'E15' },
  forbidden: { slug: 'forbidden', status: 403, title: 'Forbidden' },
  not_found: { slug: 'not_found', status: 404, title: 'Not found', rule: 'E7' },
  method_not_allowed: { slug: 'method_not_allowed', status: 405, title: 'Method not allowed', rule: 'E7' },
  request_timeout: { slug: 'request_timeout', status: 408, title: 'Request timeout', rule: 'E11' },
  payload_too_large: { slug: 'payload_too_large', status: 413, title: 'Payload too large', rule: 'E8' },
  unsupported_media_type: { slug: 'unsupported_media_type', status: 415, title: 'Unsupported media type', rule: 'R3' },
  idempotency_key_reused: { slug: 'idempotency_key_reused', status: 422, title: 'Idempotency key reused' },
  conflict: { slug: 'conflict', status: 409, title: 'Conflict' },
  /** Where that was observed in the place of the 422 (I7). */
  idempotency_conflict: { slug: 'idempotency_key_reused', status: 409, title: 'Idempotency key reused' },
  expectation_failed: { slug: 'expectation_failed', status: 422, title: 'Expectation not met' },
  rate_limited: { slug: 'rate_limited', status: 429, title: 'Rate limited', rule: 'E12' },
  headers_too_large: { slug: 'headers_too_large', status: 431, title: 'Headers too large', rule: 'E10' },
  internal_error: { slug: 'internal_error', status: 500, title: 'Internal error' },
  unavailable: { slug: 'unavailable', status: 503, title: 'Unavailable', rule: 'E13' }
} as const

export type ProblemKind = keyof typeof catalogue

export const violationCodes = ['invalid_type', 'too_small', 'too_big', 'invalid_value', 'required', 'custom'] as const

const documented = { 'x-topcalls-source': 'documented' }
const inferred = { 'x-topcalls-source': 'inferred' }
const ours = { 'x-topcalls-source': 'fake' }

/** One thing that is wrong with a request. */
export const Violation = Type.Object({
  path: Type.String({
    ...documented,
    description: 'Dotted path of the member, the name of the header, or empty for the whole body'
  }),
  message: Type.String({
    ...documented,
    description: 'What is wrong and how to mend it; never the value that was sent'
  }),
  code: Type.Enum(violationCodes, inferred)
})
export type Violation = Static<typeof Violation>

/** RFC 7807 problem document. */
export const ProblemDocument = Type.Object(
  {
    type: Type.String({ ...documented, format: 'uri', description: '`https://api.topcalls.ai/errors/<slug>`' }),
    title: Type.String(documented),
    status: Type.Integer({ ...documented, minimum: 400, maximum: 599 }),
    detail: Type.String({ ...documented, description: 'The first problem, for people' }),
    instance: Type.String({
      ...ours,
      format: 'uuid',
      description: 'Fresh for each response; repeated in `x-request-id`'
    }),
    errors: Type.Optional(
      Type.Array(Violation, { ...documented, description: 'Every fault of the request; only with status 400' })
    )
  },
  { $id: 'Problem', ...documented, description: 'RFC 7807 problem document' }
)
export type ProblemDocument = Static<typeof ProblemDocument>

export const problemMediaType = 'application/problem+json'

interface ProblemOptions {
  /** Every fault of the request, the first to be told first; it becomes `errors`. */
  violations?: Violation[]
  /** Further headers of the answer. */
  headers?: Record<string, string>
  /** Ids of the rules that were violated; for the journal. */
  rules?: string[]
  /** Further members of the document (RFC 7807, section 3.2). */
  members?: Record<string, unknown>
  /** What lies behind it; for the log only. */
  cause?: unknown
}

/** An expected failure. Whoever throws it ends the request with a problem document. */
export class Problem extends Error {
  readonly kind: ProblemKind
  readonly violations: Violation[] | undefined
  readonly headers: Record<string, string>
  readonly rules: string[]
  readonly members: Record<string, unknown>

  /** @param detail a sentence for people; it must not repeat a credential */
  constructor(kind: ProblemKind, detail: string, options: ProblemOptions = {}) {
    const { violations, headers = {}, rules = rulesOf(kind), members = {}, cause } = options
    // Nobody reads where an expected failure was thrown, and to note it takes 6 to 9 % of a refusal. The limit is put back at
    // once; where `Error` is frozen it stays as it is.
    const { stackTraceLimit } = Error
    Reflect.set(Error, 'stackTraceLimit', 0)
    super(detail, { cause })
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
    this.kind = kind
    this.violations = violations
    this.headers = headers
    this.rules = rules
    this.members = members
  }

  /** A 400 whose detail is its first violation. */
  static refusing(
    kind: 'invalid_body' | 'invalid_request',
    violations: [Violation, ...Violation[]],
    rules?: string[]
  ): Problem {
    const [{ path, message }] = violations
    return new Problem(kind, path ? `${path} ${message}` : `The body ${message}`, {
      violations,
      ...(rules && { rules })
    })
  }
}

function rulesOf(kind: ProblemKind): string[] {
  const entry = catalogue[kind]
  return 'rule' in entry ? [entry.rule] : []
}

/** Finds the entry for a status that Fastify or Node gave to an error of theirs. */
export function kindOfStatus(status: number): ProblemKind {
  const entry = Object.entries(catalogue).find(([, known]) => known.status === status)
  return (entry?.[0] as ProblemKind | undefined) ?? (status < 500 ? 'invalid_request' : 'internal_error')
}

/** The types of TopCalls' problems begin with this; those of the control plane have no type of their own. */
const typeBase = 'https://api.topcalls.ai/errors/'

/**
 * The one renderer: headers and text of a problem document.
 * @param imitated whether it is for a client of TopCalls
 */
export function renderProblem(problem: Problem, instance: string, imitated = true) {
  const { slug, status, title } = catalogue[problem.kind]
  const document: ProblemDocument = {
    type: imitated ? `${typeBase}${slug}` : 'about:blank',
    title,
    status,
    detail: problem.message,
    instance,
    ...(problem.violations && { errors: problem.violations }),
    ...problem.members
  }
  const body = JSON.stringify(document)
  const headers: Record<string, string> = {
    ...problem.headers,
    'content-type': problemMediaType,
    'x-request-id': instance
  }
  return { status, headers, body }
}

/** What an armed fault answers: a problem document of any status, in the words of the catalogue where it has some. */
export function renderFaultProblem(status: number, instance: string, members: Record<string, unknown> = {}): Buffer {
  const reason = STATUS_CODES[status] ?? 'Unknown'
  const known = Object.values(catalogue).find(entry => entry.status === status)
  const { slug, title } = known ?? { slug: reason.toLowerCase().replace(/[^a-z]+/g, '_'), title: reason }
  const type = `${typeBase}${slug}`
  const detail = `${title} (a fault that was armed in fake-topcalls)`
  return Buffer.from(JSON.stringify({ type, title, status, detail, instance, ...members }))
}

/** The same document as a whole HTTP/1.1 message, for a socket whose request never became one. */
export function renderRawProblem(problem: Problem, instance: string): Buffer {
  const { status, headers, body } = renderProblem(problem, instance)
  const length = Buffer.byteLength(body)
  const fields = { date: new Date().toUTCString(), connection: 'close', 'content-length': length, ...headers }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
}
