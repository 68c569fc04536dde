import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import Format from 'typebox/format'
import { Compile } from 'typebox/schema'
import { Value } from 'typebox/value'
import { Problem, type Violation } from '../problem.ts'
import { shortened } from '../redaction.ts'
import { everyError, type ValueError, valueAt } from '../violations.ts'

Format.Set('well-formed-unicode', text => text.isWellFormed())

/** The parts of a request that a route judges. */
interface Judged {
  body?: TSchema
  params?: TSchema
  querystring?: TSchema
}

/**
 * The `validatorCompiler` of a route. Each part is judged as it was sent: only defaults are filled in and the integers of a
 * query string read, nothing is converted or removed, and every fault is told. Headers are judged before, by what knows
 * their rules.
 */
export function judging(parts: Judged): FastifySchemaCompiler<unknown> {
  return ({ httpPart }) => {
    const schema = parts[httpPart as keyof Judged]
    if (!schema) return () => true
    const kind = httpPart === 'body' ? 'invalid_body' : 'invalid_request'
    // When the first request comes: a start need not wait for the validators of all routes.
    let validator: ReturnType<typeof Compile> | undefined
    // TypeBox would look for anchors in all that has an id, with each refusal.
    const { $id: _, ...told } = schema as TSchema & { $id?: string }
    return (data: unknown) => {
      const value = Value.Default(schema, httpPart === 'querystring' ? integersRead(schema, data) : data)
      validator ??= Compile(schema)
      return validator.Check(value) ? { value } : { error: refusalOf(kind, told, value) }
    }
  }
}

/** A query string has nothing but texts. */
function integersRead(schema: TSchema, query: unknown): unknown {
  const { properties = {} } = schema as { properties?: Record<string, { type?: string }> }
  const read = ([name, value]: [string, unknown]) => {
    const isInteger = properties[name]?.type === 'integer' && typeof value === 'string' && /^-?[0-9]{1,15}$/.test(value)
    return [name, isInteger ? Number(value) : value]
  }
  return Object.fromEntries(Object.entries(query as object).map(read))
}

interface SchemaNode {
  'x-topcalls-rule'?: string
  'x-topcalls-message'?: string
  /** What is said of another type, where its name would help nobody: everything in a query string is a text. */
  'x-topcalls-wrong-type'?: string
  /** The rule that refuses unknown members. */
  'x-topcalls-closed'?: string
  /** The rule that refuses null. */
  'x-topcalls-null'?: string
  properties?: Record<string, SchemaNode>
  then?: TSchema
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
}

/** Every fault of a part in one problem. */
function refusalOf(kind: 'invalid_body' | 'invalid_request', schema: TSchema, value: unknown): Problem {
  const violations = new Map<string, Violation>()
  const rules = new Set<string>()
  for (const { rule, ...violation } of faultsOf(schema, value)) {
    rules.add(rule)
    // A conditional rule may repeat what the plain one has said.
    const name = `${violation.code} ${violation.path}`
    if (!violations.has(name)) violations.set(name, violation)
  }
  // What is empty has no form to speak of.
  for (const { code, path } of violations.values()) if (code === 'too_small') violations.delete(`invalid_value ${path}`)
  return Problem.refusing(kind, [...violations.values()] as [Violation, ...Violation[]], [...rules])
}

/** A violation and the rule behind it, as the schema node says. */
type Fault = Violation & { rule: string }

function faultsOf(schema: TSchema, value: unknown, within = ''): Fault[] {
  // Without bound: a body has no more members than its 64 KiB hold.
  return everyError(schema, value, Number.POSITIVE_INFINITY).flatMap(error => {
    const node = valueAt(schema, error.schemaPath) as SchemaNode
    const data = valueAt(value, error.instancePath)
    const pointer = within + error.instancePath
    // TypeBox tells only that the branch failed.
    return error.keyword === 'if'
      ? faultsOf(node.then as TSchema, data, pointer)
      : faultsOfNode(error, node, data, pointer)
  })
}

function faultsOfNode(error: ValueError, node: SchemaNode, data: unknown, pointer: string): Fault[] {
  const path = shortened(pointer.slice(1).replaceAll('/', '.'))
  const member = (name: string) => shortened(path ? `${path}.${name}` : name)
  const { minLength, maxLength, minimum, maximum, 'x-topcalls-message': said, 'x-topcalls-rule': rule = 'R3' } = node
  const { 'x-topcalls-closed': closed = 'S1' } = node
  const one = (code: Violation['code'], message = said ?? 'is not acceptable', broken = rule): Fault[] => [
    { path, message, code, rule: broken }
  ]

  switch (error.keyword) {
    // Of a member too many, the object around it tells as well.
    case 'boolean':
      return []
    case 'required':
      return error.params.requiredProperties.map(name => ({
        path: member(name),
        message: said ?? 'is required',
        code: 'required',
        // The member's own node knows the rule.
        rule: node.properties?.[name]?.['x-topcalls-rule'] ?? rule
      }))
    case 'additionalProperties':
      return error.params.additionalProperties.map(name => ({
        path: member(name),
        message: `is not a member that TopCalls ${closed === 'S1' ? 'documents' : 'accepts'} (rule ${closed})`,
        code: 'custom',
        rule: closed
      }))
    // B5, B6 with B13: null counts as absent, and the schema says so with `not`.
    case 'not':
      return one('required')
    case 'type':
      return one(
        'invalid_type',
        node['x-topcalls-wrong-type'] ?? wrongType(String([error.params.type].flat()[0]), data),
        data === null ? node['x-topcalls-null'] : undefined
      )
    case 'minLength':
      return one('too_small', `must have ${minLength} to ${maxLength} characters`)
    case 'maxLength':
      return one('too_big', `must have ${minLength ? `${minLength} to` : 'at most'} ${maxLength} characters`)
    case 'minimum':
      return one('too_small', `must be from ${minimum} to ${maximum}`)
    case 'maximum':
      return one('too_big', `must be from ${minimum} to ${maximum}`)
    case 'enum':
      return one('invalid_value', `must be one of ${error.params.allowedValues.map(value => `"${value}"`).join(', ')}`)
    default:
      return one('invalid_value')
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
