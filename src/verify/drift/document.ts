import { UsageError } from '../../failure.ts'
import { isObject } from '../../json.ts'

export type Json = Record<string, unknown>

/** An OpenAPI 3 document with its references resolved as they are met. */
export interface Document {
  root: Json
  /** Follows `$ref` as long as there is one. */
  resolve(value: unknown): Json
  /** What stands behind one `$ref`. */
  target(reference: string): unknown
}

export interface Operation {
  /** Method and path as the document has them, for people. */
  name: string
  /** Of the template, in their order. */
  pathNames: string[]
  operation: Json
  /** Of the path and of the operation. */
  parameters: Json[]
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']

export const objectOf = (value: unknown): Json => (isObject(value) ? value : {})
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** A parameter or a header has a schema, or the one of its media type. */
export function schemaOf({ schema, content }: Json): unknown {
  return schema ?? objectOf(listOf(Object.values(objectOf(content)))[0]).schema
}

/** @throws {UsageError} when it is no OpenAPI 3 document */
export function openApi(root: unknown): Document {
  if (!isObject(root)) throw new UsageError('it is not an OpenAPI document: it is no object.')
  if (root.swagger !== undefined) throw new UsageError('it is a Swagger 2.0 document; convert it to OpenAPI 3 first.')
  const { openapi: version, paths } = root
  if (typeof version !== 'string') throw new UsageError('it is not an OpenAPI document: it has no member "openapi".')
  if (!/^3\.\d/.test(version)) throw new UsageError('its OpenAPI version is not known here; versions 3.x are.')
  if (!isObject(paths)) throw new UsageError('it describes no operations: it has no "paths".')

  function target(reference: string): unknown {
    if (!reference.startsWith('#')) {
      throw new UsageError('it refers to another file or address; bundle it into one document first.')
    }
    return decoded(reference)
      .split('/')
      .slice(1)
      .map(name => name.replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce((node: unknown, name) => memberOf(node, name) ?? missing(reference), root)
  }

  function resolve(value: unknown): Json {
    const seen = new Set<string>()
    let node = objectOf(value)
    while (typeof node.$ref === 'string') {
      if (seen.has(node.$ref)) throw new UsageError('a reference of it leads back to itself.')
      seen.add(node.$ref)
      node = objectOf(target(node.$ref))
    }
    return node
  }
  return { root, resolve, target }
}

function decoded(reference: string): string {
  try {
    return decodeURIComponent(reference)
  } catch {
    return reference
  }
}

function memberOf(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null && Object.hasOwn(node, name) ? (node as Json)[name] : undefined
}

function missing(reference: string): never {
  throw new UsageError(`it has nothing at ${JSON.stringify(reference.slice(0, 200))}, to which it refers.`)
}

/** Every operation by method and path, whatever its parameters are called and whichever part of the path is of the server. */
export function operationsOf(document: Document): Map<string, Operation> {
  const { root, resolve } = document
  const found = new Map<string, Operation>()
  for (const [template, value] of Object.entries(objectOf(root.paths))) {
    if (template.startsWith('x-')) continue
    const item = resolve(value)
    for (const method of methods) {
      if (!isObject(item[method])) continue
      const operation = item[method]
      const path = `${basePath(operation.servers ?? item.servers ?? root.servers)}${template}`
      const pathNames = [...template.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name)
      const parameters = [...listOf(item.parameters), ...listOf(operation.parameters)].map(resolve)
      const name = `${method.toUpperCase()} ${path}`
      const known = { name, pathNames, operation, parameters }
      found.set(name.replace(/\{[^{}]*\}/g, '{}').replace(/(?<=.)\/$/, ''), known)
    }
  }
  return found
}

/** The path of the first server: the others serve the same. */
function basePath(servers: unknown): string {
  const { url, variables } = objectOf(listOf(servers)[0])
  if (typeof url !== 'string') return ''
  const filled = url.replace(/\{([^{}]*)\}/g, (whole, name: string) => {
    const value = objectOf(memberOf(variables, name)).default
    return typeof value === 'string' ? value : whole
  })
  return filled
    .replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/?#]*/i, '')
    .replace(/[?#].*/s, '')
    .replace(/(?<!\/)\/+$/, '')
    .replace(/^(?=[^/])/, '/')
}
