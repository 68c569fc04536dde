import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { Problem } from '../problem.ts'
import { violationsOf } from '../violations.ts'

/**
 * Validates control calls with TypeBox as it is: nothing is compiled at start. The texts of a query string become the
 * numbers that its schema asks for; bodies are judged as they were sent.
 */
export const controlValidator: FastifySchemaCompiler<TSchema> =
  ({ schema, httpPart }) =>
  (data: unknown) => {
    // A call without a body asks for nothing in particular; Fastify says null of it.
    const value = httpPart === 'body' ? (data ?? {}) : Value.Convert(schema, data)
    if (Value.Check(schema, value)) return { value }
    const violations = violationsOf(schema, value)
    return { error: Problem.refusing(httpPart === 'body' ? 'invalid_body' : 'invalid_request', violations) }
  }
