import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import { type Static, type TSchema, type TUnsafe, Type } from 'typebox'
import { ProblemDocument, problemMediaType } from '../problem.ts'

const tags = {
  clock: 'Time, per account',
  faults: 'Answers that go wrong',
  requests: 'What arrived and what became of it',
  keys: 'API keys',
  'rate limits': 'Requests per window',
  state: 'Everything as one document',
  storage: 'What is stored',
  server: 'The server itself'
}

/** The control plane's own OpenAPI document. */
export const controlDocument: FastifyDynamicSwaggerOptions = {
  decorator: 'controlDocument',
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'fake-topcalls control plane',
      version: '1',
      summary: 'How a tester steers and observes fake-topcalls',
      description:
        'No part of TopCalls. `account` names an account by its id or by one of its keys; without it a call speaks of ' +
        'all accounts. Control calls are never journaled, faulted or rate-limited.'
    },
    servers: [{ url: '/', description: 'The server that serves this document' }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    components: {
      securitySchemes: { controlToken: { type: 'http', scheme: 'bearer', description: 'With --control-token' } }
    }
  },
  hideUntagged: true
} as FastifyDynamicSwaggerOptions

/** Where an operation stands in the document and what it is for. */
export function described(tag: keyof typeof tags, operationId: string, summary: string) {
  return { tags: [tag], operationId, summary }
}

const problem = {
  description: 'A problem document; `errors` names every fault of the call',
  content: { [problemMediaType]: { schema: ProblemDocument as TSchema } }
}

/** The answers of a control call: its success, and the refusals that any may get. */
export function answers<Schema extends TSchema, Status extends number>(
  status: Status,
  schema: Schema,
  more: Record<number, object> = {}
) {
  return { [status]: schema, '4xx': problem, ...more } as unknown as { [Key in Status]: TUnsafe<Static<Schema>> }
}

/** For answers without a body. */
export const NoContent = Type.Null({ description: 'Done' })

/** A page of a list, newest first. */
export function pageOf<Schema extends TSchema>(schema: Schema) {
  return Type.Object({
    data: Type.Array(schema),
    next_cursor: Type.Union([Type.String(), Type.Null()], { description: 'For `cursor`; null on the last page' }),
    total: Type.Integer({ description: 'How many there are in all' })
  })
}

/** Members of a query string that asks for a page. */
export const paging = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 50 })),
  cursor: Type.Optional(
    Type.String({
      pattern: '^[1-9][0-9]{0,15}$',
      description: '`next_cursor` of the page before',
      'x-topcalls-message': 'must be the next_cursor of an earlier answer'
    })
  )
}
