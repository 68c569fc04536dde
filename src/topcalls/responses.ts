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

interface Answer {
  source: Source
  description: string
  headers?: Record<string, object>
}

/** `x-request-id` is on every answer. */
const requestId = { 'x-request-id': { type: 'string', format: 'uuid', description: 'Fresh for each response' } }

/** A success answer of a route. `headers` describes further headers. */
export function success(
  schema: TSchema,
  { source, description, headers }: Answer,
  examples: Record<string, { summary: string; value: unknown }>
) {
  return {
    description,
    headers: { ...requestId, ...headers },
    content: { 'application/json': { schema: ref(schema), examples, 'x-topcalls-source': source } }
  }
}

const instance = '5f0c9f0e-8b1f-4d2f-9a83-6f0f5f1d2c3b'

/** An answer that is a problem document, with the examples of one or more of its kinds. */
export function problem(answer: Answer, ...examples: [kind: ProblemKind, detail: string, violations?: Violation[]][]) {
  const named = examples.map(([kind, detail, errors], index) => {
    const { slug, title, status } = catalogue[kind]
    const value: ProblemDocument = {
      type: `https://api.topcalls.ai/errors/${slug}`,
      title,
      status,
      detail,
      instance,
      ...(errors && { errors })
    }
    return [examples.length === 1 ? slug : `${slug}_${index + 1}`, { summary: detail, value }]
  })
  return {
    description: answer.description,
    headers: { ...requestId, ...answer.headers },
    content: {
      [problemMediaType]: {
        schema: ref(ProblemSchema),
        examples: Object.fromEntries(named),
        'x-topcalls-source': answer.source
      }
    }
  }
}
