import type { TSchema } from 'typebox'
import type { TLocalizedValidationError } from 'typebox/error'
import { Settings } from 'typebox/system'
import { Value } from 'typebox/value'
import type { Violation } from './problem.ts'
import { shortened } from './redaction.ts'

/** A fault as TypeBox tells it. */
export type ValueError = TLocalizedValidationError

/** Of a control call, whose body may be large. */
const mostErrors = 1_000

/** Every fault of a value that its schema refuses. */
export function violationsOf(schema: TSchema, value: unknown): [Violation, ...Violation[]] {
  const found = new Map<string, Violation>()
  const add = (violation: Violation) => {
    if (!found.has(violation.path)) found.set(violation.path, violation)
  }
  for (const { keyword, schemaPath, instancePath, params, message } of everyError(schema, value, mostErrors)) {
    const path = dotted(instancePath)
    const within = (name: string) => shortened(path ? `${path}.${name}` : name)
    const details = params as { [name: string]: string[] }
    // What is no alternative is told once, by `anyOf`; and a member too many by the object around it.
    if (/\/anyOf\//.test(`${schemaPath}/`) || keyword === 'boolean') continue
    if (keyword === 'required') {
      for (const name of details.requiredProperties ?? []) {
        add({ path: within(name), message: 'is required', code: 'required' })
      }
    } else if (keyword === 'additionalProperties') {
      for (const name of details.additionalProperties ?? []) {
        add({ path: within(name), message: 'is not a member that belongs here', code: 'custom' })
      }
    } else if (keyword === 'enum') {
      const allowed = (details.allowedValues ?? []).map(one => JSON.stringify(one)).join(', ')
      add({ path, message: `must be one of ${allowed}`, code: 'invalid_value' })
    } else if (keyword === 'anyOf') {
      const alternatives = (valueAt(schema, schemaPath) as { anyOf: TSchema[] }).anyOf
      for (const one of nearest(alternatives, valueAt(value, instancePath))) {
        add({ ...one, path: [path, one.path].filter(Boolean).join('.') })
      }
    } else {
      const said = (valueAt(schema, schemaPath) as Record<string, string> | undefined)?.['x-topcalls-message']
      add({ path, message: said ?? message, code: codes[keyword] ?? 'invalid_value' })
    }
  }
  if (found.size === 0) add({ path: '', message: 'is not acceptable', code: 'invalid_value' })
  return [...found.values()] as [Violation, ...Violation[]]
}

/**
 * The faults of a value. TypeBox stops after a few otherwise, and the ones that say something may come later.
 * @param most how many; where a value has more, it may be that none of them is one of those
 */
export function everyError(schema: TSchema, value: unknown, most: number): ValueError[] {
  const { maxErrors } = Settings.Get()
  Settings.Set({ maxErrors: most })
  try {
    return Value.Errors(schema, value)
  } finally {
    Settings.Set({ maxErrors })
  }
}

/** What keeps a value from the alternative that it comes closest to. */
function nearest(alternatives: TSchema[], value: unknown): Violation[] {
  const [closest, ...others] = alternatives
    .map(one => violationsOf(one, value))
    .sort((a, b) => a.length - b.length) as unknown as [Violation[], ...Violation[][]]
  const alike = others.filter(one => one.length === closest.length && one[0]?.path === '' && closest[0]?.path === '')
  if (alike.length === 0) return closest
  const messages = [closest, ...alike].map(one => one[0]?.message.replace(/^must be /, ''))
  return [{ path: '', message: `must be ${messages.join(' or ')}`, code: closest[0]?.code ?? 'invalid_value' }]
}

const codes: Record<string, Violation['code']> = {
  type: 'invalid_type',
  minimum: 'too_small',
  minLength: 'too_small',
  minItems: 'too_small',
  maximum: 'too_big',
  maxLength: 'too_big'
}

/** What stands at a JSON pointer (RFC 6901), with or without a leading `#`. */
export function valueAt(root: unknown, pointer: string): unknown {
  const names = pointer.split('/').slice(1)
  return names.reduce(
    (node, name) => (node as Record<string, unknown> | undefined)?.[name.replaceAll('~1', '/').replaceAll('~0', '~')],
    root
  )
}

function dotted(pointer: string): string {
  return shortened(pointer.slice(1).replaceAll('/', '.'))
}
