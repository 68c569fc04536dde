import type { FastifySchemaValidationError, FastifyServerOptions } from 'fastify'
import { Problem, type Violation } from '../problem.ts'
import { shortened } from '../redaction.ts'

type AjvOptions = NonNullable<FastifyServerOptions['ajv']>

/** Judges bodies as they were sent: nothing is converted, nothing removed, every fault is found. */
export const ajvOptions: AjvOptions = {
  customOptions: {
    coerceTypes: false,
    removeAdditional: false,
    allErrors: true,
    // Errors then carry the schema node, with the rule and the message in it.
    verbose: true,
    strictTypes: false,
    // A test holds the schemas against the meta schema; compiling that takes 40 ms of each start.
    validateSchema: false,
    meta: false
  },
  onCreate(ajv) {
    ajv.addVocabulary(['x-topcalls-rule', 'x-topcalls-source', 'x-topcalls-message'])
    ajv.addFormat('well-formed-unicode', (text: string) => text.isWellFormed())
  }
}

interface SchemaNode {
  'x-topcalls-rule'?: string
  'x-topcalls-message'?: string
  properties?: Record<string, SchemaNode>
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
}

type AjvError = FastifySchemaValidationError & { parentSchema: SchemaNode; data: unknown }

/** Fastify's schemaErrorFormatter: every fault of a body in one problem. */
export function refuseBody(errors: FastifySchemaValidationError[]): Problem {
  const violations = new Map<string, Violation>()
  const rules = new Set<string>()
  // `if` only repeats that its branch failed.
  for (const error of errors.filter(({ keyword }) => keyword !== 'if') as AjvError[]) {
    const violation = violationOf(error)
    rules.add(ruleOf(error))
    // A conditional rule may repeat what the plain one has said.
    const name = `${violation.code} ${violation.path}`
    if (!violations.has(name)) violations.set(name, violation)
  }
  // What is empty has no form to speak of.
  for (const { code, path } of violations.values()) if (code === 'too_small') violations.delete(`invalid_value ${path}`)
  return Problem.refusing('invalid_body', [...violations.values()] as [Violation, ...Violation[]], [...rules])
}

/** The rule behind a fault, as its schema node says. */
function ruleOf({ keyword, params, parentSchema }: AjvError): string {
  if (keyword === 'additionalProperties') return 'S1'
  // Of a member that is missing, the member's own node knows the rule.
  const missing = keyword === 'required' ? parentSchema.properties?.[String(params.missingProperty)] : undefined
  return missing?.['x-topcalls-rule'] || parentSchema['x-topcalls-rule'] || 'R3'
}

function violationOf({ keyword, instancePath, params, parentSchema, data }: AjvError): Violation {
  const path = instancePath.slice(1).replaceAll('/', '.')
  const within = (member: unknown) => shortened(path ? `${path}.${member}` : String(member))
  const said = parentSchema['x-topcalls-message'] ?? 'is not acceptable'
  const { minLength, maxLength, minimum, maximum } = parentSchema

  switch (keyword) {
    case 'required':
      return {
        path: within(params.missingProperty),
        message: parentSchema['x-topcalls-message'] ?? 'is required',
        code: 'required'
      }
    // B5, B6 with B13: null counts as absent, and the schema says so with `not`.
    case 'not':
      return { path, message: said, code: 'required' }
    case 'type':
      return { path, message: wrongType(String([params.type].flat()[0]), data), code: 'invalid_type' }
    case 'minLength':
    case 'maxLength':
      return {
        path,
        message: `must have ${minLength} to ${maxLength} characters`,
        code: keyword === 'minLength' ? 'too_small' : 'too_big'
      }
    case 'minimum':
    case 'maximum':
      return {
        path,
        message: `must be from ${minimum} to ${maximum}`,
        code: keyword === 'minimum' ? 'too_small' : 'too_big'
      }
    case 'enum':
      return {
        path,
        message: `must be one of ${(params.allowedValues as string[]).map(value => `"${value}"`).join(', ')}`,
        code: 'invalid_value'
      }
    case 'additionalProperties':
      return {
        path: within(params.additionalProperty),
        message: 'is not a member that TopCalls documents (rule S1)',
        code: 'custom'
      }
    default:
      return { path, message: said, code: 'invalid_value' }
  }
}

/** Tells the types only, never the value, which may be a password. */
function wrongType(wanted: string, data: unknown): string {
  const quoted = typeof data === 'string' && quotable[wanted]?.test(data) ? '; leave out the quotation marks' : ''
  return `must be ${typeNames[wanted] ?? wanted}, not ${jsonTypeOf(data)}${quoted}`
}

/** Texts that are a value of another type but for the quotation marks. */
const quotable: Record<string, RegExp> = { integer: /^-?[0-9]+$/, boolean: /^(true|false)$/ }

const typeNames: Record<string, string> = {
  string: 'a string',
  boolean: 'true or false',
  integer: 'an integer',
  object: 'an object'
}

function jsonTypeOf(data: unknown): string {
  if (data === null) return 'null'
  if (Array.isArray(data)) return 'an array'
  if (typeof data === 'number') return Number.isInteger(data) || !Number.isFinite(data) ? 'a number' : 'a fraction'
  return typeNames[typeof data] ?? 'absent'
}
