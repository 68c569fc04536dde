/** A step cannot be taken, so the case cannot go on. */
export class StepError extends Error {
  readonly expected: string
  readonly seen: string

  constructor(expected: string, seen: string) {
    super(seen)
    this.expected = expected
    this.seen = seen
  }
}

/** What templates may name: texts, and what earlier steps have answered. */
export type Variables = Record<string, unknown>

/**
 * Fills in a value of a case: `${name}` and `${first.body.id}` in texts, at any depth, and `{ $text, pad, to }`, which stands
 * for the text followed by as many `pad` as make `to` code points.
 * @throws {StepError} for a name that nothing has
 */
export function fill<Value>(value: Value, variables: Variables): Value {
  return filled(value, variables) as Value
}

function filled(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') return text(value, variables)
  if (Array.isArray(value)) return value.map(item => filled(item, variables))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, member]) => [name, filled(member, variables)] as const)
  return '$text' in value ? padded(Object.fromEntries(members)) : Object.fromEntries(members)
}

function text(template: string, variables: Variables): string {
  return template.replace(/\$\{([a-z0-9_.-]+)\}/gi, (_, path: string) => {
    const value = memberAt(variables, path)
    if (value === undefined) throw new StepError(`a value of ${path}`, 'none')
    return String(value)
  })
}

function padded({ $text, pad, to }: Record<string, unknown>): string {
  const given = [...String($text)]
  return given.join('') + String(pad).repeat(Math.max(0, Number(to) - given.length))
}

/** The member at a dotted path, or undefined. */
export function memberAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, name) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined),
      value
    )
}

/** A copy with the member at a dotted path set or, without a value, removed. Objects on the way are made. */
export function withMember(value: unknown, [name = '', ...rest]: string[], member?: { is: unknown }): unknown {
  const copy: Record<string, unknown> = { ...(typeof value === 'object' ? value : {}) }
  if (rest.length > 0) copy[name] = withMember(copy[name], rest, member)
  else if (member) copy[name] = member.is
  else delete copy[name]
  return copy
}
