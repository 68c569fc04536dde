import { type Document, type Json, listOf, objectOf } from './document.ts'
import { anything, canonical, intersection, isBare, lower, type Node, normal, type Shape, upper } from './shape.ts'

const opaque = ['not', 'contains', 'propertyNames', 'patternProperties', 'prefixItems', 'dependentSchemas']
const data = ['pattern', 'multipleOf', 'uniqueItems', 'dependentRequired', 'minContains', 'maxContains']
/** Formats that tell how a value is kept or shown, and refuse nothing. */
const storage = new Set(['int32', 'int64', 'float', 'double', 'password', 'binary', 'byte'])

const never: Json = { not: {} }

/** A schema may be a boolean. */
export const nodeOf = (schema: unknown): Node =>
  schema === undefined || schema === true ? [] : [schema === false ? never : objectOf(schema)]

/** What the schemas of a node say together; references and `allOf` are followed, each once. */
export function shapeOf(node: Node, document: Document, seen = new Set<Json>()): Shape {
  return node.reduce<Shape>((shape, schema) => intersection(shape, single(schema, document, seen)), anything())
}

function single(schema: Json, document: Document, seen: Set<Json>): Shape {
  if (seen.has(schema)) return anything()
  seen.add(schema)
  let shape = ownShape(schema)
  const within = [...nodeOf(refTarget(schema, document)), ...listOf(schema.allOf).flatMap(nodeOf)]
  shape = intersection(shape, shapeOf(within, document, seen))
  for (const keyword of ['anyOf', 'oneOf']) {
    const branches = listOf(schema[keyword]).map(nodeOf)
    if (branches.length > 0) shape = intersection(shape, union(branches, document, seen))
  }
  return withNull(schema, shape)
}

const refTarget = ({ $ref }: Json, { target }: Document) => (typeof $ref === 'string' ? target($ref) : undefined)

/** OpenAPI 3.0 says `nullable` where 3.1 has the type `null`. */
function withNull({ nullable }: Json, shape: Shape): Shape {
  if (nullable !== true) return shape
  return {
    ...shape,
    types: shape.types && new Set([...shape.types, 'null']),
    values: shape.values && new Set([...shape.values, 'null'])
  }
}

function ownShape(schema: Json): Shape {
  const shape = anything()
  const types = (typeof schema.type === 'string' ? [schema.type] : listOf(schema.type)).map(String)
  if (types.length > 0)
    shape.types = new Set(types.flatMap(type => (type === 'number' ? ['number', 'integer'] : [type])))
  const values = Array.isArray(schema.enum) ? schema.enum : 'const' in schema ? [schema.const] : undefined
  if (values) shape.values = new Set(values.map(canonical))
  addLimits(schema, shape)
  for (const keyword of data) {
    const value = schema[keyword]
    if (value !== undefined && value !== false)
      shape.marks.set(keyword, new Set([typeof value === 'string' ? value : canonical(value)]))
  }
  if (typeof schema.format === 'string' && !storage.has(schema.format))
    shape.marks.set('format', new Set([schema.format]))
  for (const [name, member] of Object.entries(objectOf(schema.properties))) shape.members.set(name, nodeOf(member))
  for (const name of listOf(schema.required)) if (typeof name === 'string') shape.required.add(name)
  shape.rest = restOf(schema.additionalProperties ?? schema.unevaluatedProperties)
  shape.items = nodeOf(schema.items)
  if (schema.if !== undefined) {
    shape.conditions.push({ if: nodeOf(schema.if), then: nodeOf(schema.then), else: nodeOf(schema.else) })
  }
  for (const keyword of opaque) {
    const value = schema[keyword]
    if (value !== undefined) shape.others.push({ keyword, node: opaqueNode(value) })
  }
  if (schema.default !== undefined) shape.default = canonical(schema.default)
  shape.readOnly = schema.readOnly === true
  shape.writeOnly = schema.writeOnly === true
  return normal(shape)
}

/** Several schemas by name or place become members of one, so that they are compared like such. */
function opaqueNode(value: unknown): Node {
  return [
    value === false
      ? never
      : value === true
        ? {}
        : objectOf(Array.isArray(value) ? { properties: { ...value } } : value)
  ]
}

function addLimits(schema: Json, { limits, types }: Shape): void {
  for (const keyword of [...lower, ...upper]) {
    const value = schema[keyword]
    // At least nothing is no limit.
    if (typeof value === 'number' && !(value === 0 && /^min(L|I|P)/.test(keyword))) limits.set(keyword, value)
  }
  const whole = types?.size === 1 && types.has('integer')
  for (const [keyword, exclusive, step] of [
    ['minimum', 'exclusiveMinimum', 1],
    ['maximum', 'exclusiveMaximum', -1]
  ] as const) {
    const bound = limits.get(keyword)
    // In OpenAPI 3.0 it is a boolean beside the bound.
    if (schema[exclusive] === true && bound !== undefined) {
      limits.set(exclusive, bound)
      limits.delete(keyword)
    }
    const open = limits.get(exclusive)
    if (!whole || open === undefined) continue
    limits.delete(exclusive)
    limits.set(keyword, (step === 1 ? Math.max : Math.min)(open + step, limits.get(keyword) ?? open + step))
  }
}

function restOf(value: unknown): Shape['rest'] {
  if (value === false) return 'closed'
  return value === undefined || value === true || Object.keys(objectOf(value)).length === 0 ? 'open' : nodeOf(value)
}

/** Alternatives that are but values, types, or one schema and `null`, are said as such. */
function union(branches: Node[], document: Document, seen: Set<Json>): Shape {
  const shapes = branches.map(branch => shapeOf(branch, document, new Set(seen)))
  const isNull = ({ types, values }: Shape) => types?.size === 1 && types.has('null') && (!values || values.size === 1)
  const [first, ...others] = shapes.filter(shape => !isNull(shape))
  const nullable = shapes.some(isNull)
  if (first && others.length === 0) return withNull({ nullable }, first)
  const bare = { ...anything() }
  if (shapes.every(shape => shape.values || isNull(shape))) {
    bare.values = new Set(shapes.flatMap(({ values }) => [...(values ?? ['null'])]))
    return normal(bare)
  }
  if (shapes.every(shape => shape.types && isBare({ ...shape, types: undefined }))) {
    return { ...bare, types: new Set(shapes.flatMap(({ types }) => [...(types ?? [])])) }
  }
  return { ...bare, alternatives: [branches] }
}
