import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { Problem, type Violation } from '../problem.ts'

/**
 * Validates control calls with TypeBox as it is: nothing is compiled at start. The texts of a query string become the
 * numbers that its schema asks for; bodies are judged as they were sent.
 */
export const controlValidator: FastifySchemaCompiler<TSchema> =
  ({ schema, httpPart }) =>
  (data: unknown) => {
    // A call without a body asks for nothing in particular.
    const value = httpPart === 'body' ? (data ?? {}) : Value.Convert(schema, data)
    if (Value.Check(schema, value)) return { value }
    const violations = violationsOf(schema, value)
    return { error: Problem.refusing(httpPart === 'body' ? 'invalid_body' : 'invalid_request', violations) }
  }

/** Every fault of a value that its schema refuses. */
export function violationsOf(schema: TSchema, value: unknown): [Violation, ...Violation[]] {
  const found = new Map<string, Violation>()
  const add = (violation: Violation) => {
    if (!found.has(violation.path)) found.set(violation.path, violation)
  }
  for (const { keyword, schemaPath, instancePath, params, message } of Value.Errors(schema, value)) {
    const path = instancePath.slice(1).replaceAll('/', '.')
    const within = (name: string) => (path ? `${path}.${name}` : name).slice(0, 200)
    const details = params as Record<string, unknown>
    // What is no alternative is told once, by `anyOf`; and a member too many by the object around it.
    if (/\/anyOf\/|\/oneOf\//.test(`${schemaPath}/`) || keyword === 'boolean') continue
    if (keyword === 'required') {
      for (const name of details.requiredProperties as string[]) {
        add({ path: within(name), message: 'is required', code: 'required' })
      }
    } else if (keyword === 'additionalProperties') {
      for (const name of details.additionalProperties as string[]) {
        add({ path: within(name), message: 'is not a member that this call takes', code: 'custom' })
      }
    } else if (keyword === 'enum') {
      const allowed = (details.allowedValues as unknown[]).map(one => JSON.stringify(one)).join(', ')
      add({ path, message: `must be one of ${allowed}`, code: 'invalid_value' })
    } else add({ path, message: wanted(schema, schemaPath) ?? message, code: codes[keyword] ?? 'invalid_value' })
  }
  return [...found.values()] as [Violation, ...Violation[]]
}

const codes: Record<string, Violation['code']> = {
  type: 'invalid_type',
  minimum: 'too_small',
  minLength: 'too_small',
  minItems: 'too_small',
  maximum: 'too_big',
  maxLength: 'too_big'
}

/** What the schema node itself says that a value must be. */
function wanted(schema: TSchema, pointer: string): string | undefined {
  let node: unknown = schema
  for (const name of pointer.split('/').slice(1)) {
    node = (node as Record<string, unknown> | undefined)?.[name.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return (node as Record<string, string> | undefined)?.['x-topcalls-message']
}
