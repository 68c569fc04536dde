import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifySchema } from 'fastify'
import type { Static, TNull, TSchema, TUnsafe } from 'typebox'
import { ProblemDocument, problemMediaType } from '../problem.ts'
import { ClockReading } from '../schemas/clock.ts'
import { Coverage } from '../schemas/coverage.ts'
import { Fault, FaultRequest } from '../schemas/fault.ts'
import { KeyInfo, MintedKey } from '../schemas/key.ts'
import { StatusRequest, StoredPhoneNumber } from '../schemas/phone-number.ts'
import { RateLimit, RateLimitRequest } from '../schemas/rate-limit.ts'
import { Entry, Unmet } from '../schemas/request.ts'
import { AccountState, ResetRequest, State, StoredCarrier, StoredRecord } from '../schemas/state.ts'

const tags = {
  clock: 'Time, per account',
  faults: 'Answers that go wrong',
  requests: 'What arrived and what became of it',
  coverage: 'Which rules were exercised',
  keys: 'API keys',
  'rate limits': 'Requests per window',
  state: 'Everything as one document',
  storage: 'What is stored',
  server: 'The server itself'
}

/** Shapes that have a name in the document. */
const named = [
  ProblemDocument,
  ClockReading,
  RateLimit,
  RateLimitRequest,
  KeyInfo,
  MintedKey,
  Fault,
  FaultRequest,
  Entry,
  Unmet,
  Coverage,
  StoredCarrier,
  StoredPhoneNumber,
  StatusRequest,
  StoredRecord,
  AccountState,
  State,
  ResetRequest
]

/** The control plane's own OpenAPI document. */
export const controlDocument = {
  decorator: 'controlDocument',
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'fake-topcalls control plane',
      version: '1',
      summary: 'How a tester steers and observes fake-topcalls',
      description:
        'No part of TopCalls. `account` names an account by its id or by one of its keys; without it a call speaks of ' +
        'all accounts. Control calls are never journaled, faulted or rate-limited.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
    },
    servers: [{ url: '/', description: 'The server that serves this document' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    security: [{}, { controlToken: [] }],
    components: {
      securitySchemes: { controlToken: { type: 'http', scheme: 'bearer', description: 'With --control-token' } }
    }
  },
  hideUntagged: true,
  // The plugin would copy named shapes into each operation.
  transform: ({ schema, url }) => ({ schema: withMarks(schema) as FastifySchema, url }),
  transformObject: document =>
    'openapiObject' in document ? withShapes({ ...document.openapiObject }) : document.swaggerObject
} as FastifyDynamicSwaggerOptions

/** Marks the place of a named shape while the plugin puts the document together. */
const mark = 'x-shape'

/** Puts a mark in the place of each named shape. */
function withMarks(value: unknown): unknown {
  return mapped(value, node => (typeof node.$id === 'string' ? { type: 'object', [mark]: node.$id } : node))
}

/** Puts the named shapes under the components, and refers to them where the marks stand. */
function withShapes({ components, ...document }: Record<string, unknown>): never {
  const refer = (node: Record<string, unknown>) =>
    mark in node ? { $ref: `#/components/schemas/${node[mark]}` } : node
  const schemas = named.map(schema => {
    const { $id, ...shape } = schema as { $id?: string }
    return [$id, mapped(withMarks(shape), refer)]
  })
  const rest = mapped(document, refer) as object
  return { ...rest, components: { ...(components as object), schemas: Object.fromEntries(schemas) } } as never
}

/** A value whose objects are replaced, the innermost first. */
function mapped(value: unknown, replace: (node: Record<string, unknown>) => object): unknown {
  if (Array.isArray(value)) return value.map(item => mapped(item, replace))
  if (typeof value !== 'object' || value === null) return value
  return replace(Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mapped(member, replace)])))
}

/** Where an operation stands in the document and what it is for. */
export function described(tag: keyof typeof tags, operationId: string, summary: string, description?: string) {
  return { tags: [tag], operationId, summary, ...(description && { description }) }
}

export const problem = {
  description: 'A problem document; `errors` names every fault of the call',
  content: { [problemMediaType]: { schema: ProblemDocument as TSchema } }
}

/** The answers of a control call: its success, and the refusals that any may get. */
export function answers<Schema extends TSchema, Status extends 200 | 201>(
  status: Status,
  schema: Schema,
  more: Record<number, object> = {}
) {
  const success = { description: status === 201 ? 'Made' : 'Done', content: { 'application/json': { schema } } }
  return { [status]: success, '4xx': problem, ...more } as unknown as { [Key in Status]: TUnsafe<Static<Schema>> }
}

/** The refusal of an expectation that was not met. */
export const unmet = {
  422: {
    description: 'Too few or too many matched; `nearest` tells what came closest, and in what it differs',
    content: { [problemMediaType]: { schema: Unmet as TSchema } }
  }
}

/** The answers of a control call that has nothing to tell. */
export const noContent = { 204: { description: 'Done', type: 'null' }, '4xx': problem } as unknown as { 204: TNull }
