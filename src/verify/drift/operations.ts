import type { Change } from '../drift.ts'
import { type Document, type Json, type Operation, objectOf, schemaOf } from './document.ts'
import { nodeOf } from './reading.ts'
import { compareResponses } from './responses.ts'
import { comparison } from './schemas.ts'
import { compareSecurity } from './security.ts'
import { type Direction, short } from './values.ts'

/** What is told of an operation; `breaking` follows from the side. */
export type Told = Pick<Change, 'where' | 'kind' | 'side' | 'text'>

/** What the parts of an operation are compared with. */
export interface Bench {
  theirs: Document
  ours: Document
  told: Told[]
  tell(where: string, kind: Change['kind'], side: Change['side'], text: string): void
  schemas(where: string, direction: Direction, theirs: unknown, ours: unknown): void
  media(where: string, direction: Direction, theirs: unknown, ours: unknown): void
}

/** Compares operations one by one; schemas that several of them share are compared once. */
export function operationComparison(theirs: Document, ours: Document) {
  const compare = comparison(theirs, ours)
  return (their: Operation, our: Operation): Told[] => {
    const bench = createBench(theirs, ours, compare)
    if ((their.operation.deprecated === true) !== (our.operation.deprecated === true)) {
      const where = their.operation.deprecated === true ? 'deprecated in theirs' : 'deprecated in ours only'
      bench.tell('operation', 'changed', undefined, where)
    }
    compareSecurity(bench, their.operation, our.operation)
    compareParameters(bench, their, our)
    compareBodies(bench, their.operation, our.operation)
    compareResponses(bench, objectOf(their.operation.responses), objectOf(our.operation.responses))
    return bench.told
  }
}

function createBench(theirs: Document, ours: Document, compare: ReturnType<typeof comparison>): Bench {
  const told: Told[] = []
  const tell: Bench['tell'] = (where, kind, side, text) => void told.push({ where, kind, side, text })
  const schemas: Bench['schemas'] = (where, direction, their, our) => {
    for (const { path, kind, side, text } of compare(direction, nodeOf(their), nodeOf(our))) {
      tell(placed(where, path), kind, side, text)
    }
  }
  function media(where: string, direction: Direction, their: unknown, our: unknown): void {
    const [a, b] = [mediaTypes(their), mediaTypes(our)]
    const pairs = [...b].flatMap(([name, value]) => {
      const match = [name, name.replace(/\/.*/, '/*'), '*/*'].find(one => a.has(one))
      return match === undefined ? [] : [{ name, their: a.get(match), our: value, match }]
    })
    const lost = [...b.keys()].filter(name => !pairs.some(pair => pair.name === name))
    const fresh = [...a.keys()].filter(name => !pairs.some(pair => pair.match === name))
    const [old, next] = [lost[0], fresh[0]]
    if (old !== undefined && next !== undefined && lost.length === 1 && fresh.length === 1) {
      tell(where, 'changed', 'theirs', `the media type is ${short(next)} in theirs and ${short(old)} in ours`)
      pairs.push({ name: old, their: a.get(next), our: b.get(old), match: next })
    } else {
      for (const name of lost) tell(where, 'removed', 'theirs', `the media type ${short(name)}`)
      for (const name of fresh) tell(where, 'added', undefined, `the media type ${short(name)}`)
    }
    for (const { name, their: one, our: other } of pairs) {
      const place = pairs.length > 1 ? `${where} (${name})` : where
      schemas(place, direction, objectOf(one).schema, objectOf(other).schema)
    }
  }
  return { theirs, ours, told, tell, schemas, media }
}

/** A path of members stands behind a word, in brackets of a list at once. */
const placed = (where: string, path: string) => where + path.replace(/^\./, ' ')

/** Media types without parameters, which say no more than the charset that JSON has anyway. */
function mediaTypes(content: unknown): Map<string, unknown> {
  const entries = Object.entries(objectOf(content))
  return new Map(entries.map(([name, value]) => [(name.split(';')[0] ?? '').trim().toLowerCase(), value]))
}

function compareBodies(bench: Bench, their: Json, our: Json): void {
  const where = 'request body'
  const [a, b] = [bench.theirs.resolve(their.requestBody), bench.ours.resolve(our.requestBody)]
  const [has, had] = [their.requestBody !== undefined, our.requestBody !== undefined]
  if (has && had) {
    if ((a.required === true) !== (b.required === true)) {
      bench.tell(where, 'changed', a.required === true ? 'theirs' : 'ours', requiredText(a.required === true))
    }
    bench.media(where, 'request', a.content, b.content)
  } else if (has) bench.tell(where, 'added', a.required === true ? 'theirs' : undefined, addedText(a.required === true))
  else if (had) bench.tell(where, 'removed', 'theirs', 'they take no body')
}

const requiredText = (theirs: boolean) =>
  theirs
    ? 'required in theirs, optional in ours'
    : 'optional in theirs, required in ours; the fake refuses what they take'
const addedText = (required: boolean) =>
  required ? 'they require it and the fake does not know it' : 'the fake does not know it'

/** OpenAPI says that these are told elsewhere and are to be ignored as parameters. */
const told = new Set(['header:accept', 'header:content-type', 'header:authorization'])

function parametersOf({ parameters, pathNames }: Operation): Map<string, Json> {
  const found = new Map<string, Json>()
  for (const parameter of parameters) {
    const name = String(parameter.name)
    const place = String(parameter.in)
    // What a client sends in a path has no name but a place.
    const key = place === 'header' ? name.toLowerCase() : place === 'path' ? pathNames.indexOf(name) : name
    if (!told.has(`${place}:${key}`)) found.set(`${place}:${key}`, parameter)
  }
  return found
}

function compareParameters(bench: Bench, their: Operation, our: Operation): void {
  const [a, b] = [parametersOf(their), parametersOf(our)]
  for (const key of new Set([...b.keys(), ...a.keys()])) {
    const [one, other] = [a.get(key), b.get(key)]
    const where = `${(other ?? one)?.in} ${short(String((other ?? one)?.name))}`
    if (one && other) compareParameter(bench, where, one, other)
    else if (one)
      bench.tell(where, 'added', one.required === true ? 'theirs' : undefined, addedText(one.required === true))
    else bench.tell(where, 'removed', 'theirs', 'they do not know it, and so do not do what it asks for')
  }
}

function compareParameter(bench: Bench, where: string, their: Json, our: Json): void {
  const [needed, known] = [their.required === true, our.required === true]
  // The parts of a path are always there.
  if (needed !== known && our.in !== 'path')
    bench.tell(where, 'changed', needed ? 'theirs' : 'ours', requiredText(needed))
  const [a, b] = [styleOf(their), styleOf(our)]
  if (a !== b) bench.tell(where, 'changed', 'theirs', `written as ${short(a)} in theirs and as ${short(b)} in ours`)
  bench.schemas(where, 'request', schemaOf(their), schemaOf(our))
}

function styleOf({ in: place, style, explode, content }: Json): string {
  if (content !== undefined) return Object.keys(objectOf(content)).join()
  const name = style ?? (place === 'query' || place === 'cookie' ? 'form' : 'simple')
  return (explode ?? name === 'form') ? `${name}, exploded` : String(name)
}
