import type { Json } from './document.ts'
import { intersectionOf, unionOf } from './sets.ts'

/** Schemas of a document that all hold for one value; none of them means anything. */
export type Node = Json[]

export interface Condition {
  if: Node
  then: Node
  else: Node
}

/** What schemas say together, whichever way they say it. */
export interface Shape {
  /** Undefined: any. A `number` may be an `integer`, so both stand here. */
  types: Set<string> | undefined
  /** `enum` and `const`, by their JSON. */
  values: Set<string> | undefined
  limits: Map<string, number>
  /** Constraints that are the same or another, but not more or less. */
  marks: Map<string, Set<string>>
  members: Map<string, Node>
  required: Set<string>
  rest: 'open' | 'closed' | Node
  items: Node
  /** Of each `anyOf` and `oneOf` that is not a list of values or types. */
  alternatives: Node[][]
  conditions: Condition[]
  /** Keywords whose schemas are compared as they are. */
  others: { keyword: string; node: Node }[]
  /** As JSON. */
  default: string | undefined
  readOnly: boolean
  writeOnly: boolean
}

export const lower = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']
export const upper = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']
export function anything(): Shape {
  return {
    types: undefined,
    values: undefined,
    limits: new Map(),
    marks: new Map(),
    members: new Map(),
    required: new Set(),
    rest: 'open',
    items: [],
    alternatives: [],
    conditions: [],
    others: [],
    default: undefined,
    readOnly: false,
    writeOnly: false
  }
}

/** Whether it says nothing at all. */
export function isBare(shape: Shape): boolean {
  const { types, values, limits, marks, members, required, rest, items, alternatives, conditions, others } = shape
  const sizes = [
    limits.size,
    marks.size,
    members.size,
    required.size,
    items.length,
    alternatives.length,
    conditions.length
  ]
  return !types && !values && rest === 'open' && others.length === 0 && sizes.every(size => size === 0)
}

/** Where there are values, the types are theirs. */
export function normal(shape: Shape): Shape {
  const { types, values } = shape
  if (!values) return shape
  const kept = [...values].filter(value => !types || types.has(typeOf(value)))
  return { ...shape, values: new Set(kept), types: new Set(kept.map(typeOf)) }
}

function typeOf(json: string): string {
  const value: unknown = JSON.parse(json)
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

export function intersection(a: Shape, b: Shape): Shape {
  const both = <Item>(one: Set<Item> | undefined, two: Set<Item> | undefined) =>
    one && two ? intersectionOf(one, two) : (one ?? two)
  const limits = new Map(a.limits)
  for (const [keyword, value] of b.limits) {
    limits.set(keyword, (lower.includes(keyword) ? Math.max : Math.min)(value, limits.get(keyword) ?? value))
  }
  const marks = new Map(a.marks)
  for (const [keyword, own] of b.marks) marks.set(keyword, unionOf(own, marks.get(keyword)))
  const members = new Map(a.members)
  for (const [name, node] of b.members) members.set(name, [...new Set([...(members.get(name) ?? []), ...node])])
  const rest =
    a.rest === 'closed' || b.rest === 'closed'
      ? 'closed'
      : a.rest === 'open'
        ? b.rest
        : b.rest === 'open'
          ? a.rest
          : [...a.rest, ...b.rest]
  return normal({
    types: both(a.types, b.types),
    values: both(a.values, b.values),
    limits,
    marks,
    members,
    required: unionOf(a.required, b.required),
    rest,
    items: [...new Set([...a.items, ...b.items])],
    alternatives: [...a.alternatives, ...b.alternatives],
    conditions: [...a.conditions, ...b.conditions],
    others: [...a.others, ...b.others],
    default: a.default ?? b.default,
    readOnly: a.readOnly || b.readOnly,
    writeOnly: a.writeOnly || b.writeOnly
  })
}

/** JSON with the members in one order. */
export function canonical(value: unknown): string {
  const sorted = (_: string, node: unknown) =>
    typeof node === 'object' && node !== null && !Array.isArray(node)
      ? Object.fromEntries(Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1)))
      : node
  return JSON.stringify(value, sorted) ?? 'null'
}
