import { type Document, type Json, objectOf, schemaOf } from './document.ts'
import type { Bench } from './operations.ts'
import { short } from './values.ts'

type Responses = Map<string, Json>

/** Compares what may be answered. `4XX` and `default` stand for the statuses that are not named. */
export function compareResponses(bench: Bench, their: Json, our: Json): void {
  const [a, b] = [responsesOf(their, bench.theirs), responsesOf(our, bench.ours)]
  const pairs = [...b.keys()].flatMap(status => paired(status, standIn(status, a), status))
  for (const status of a.keys()) {
    if (!pairs.some(({ theirs }) => theirs === status)) pairs.push(...paired(standIn(status, b), status, status))
  }
  const lost = [...b.keys()].filter(status => !pairs.some(({ ours }) => ours === status))
  const fresh = [...a.keys()].filter(status => !pairs.some(({ theirs }) => theirs === status))
  const [old, next] = [lost.filter(isSuccess), fresh.filter(isSuccess)]
  if (old[0] !== undefined && next[0] !== undefined && old.length === 1 && next.length === 1) {
    const text = `success answers ${next[0]} in theirs and ${old[0]} in ours`
    bench.tell(`response ${old[0]}`, 'changed', 'theirs', text)
    pairs.push({ name: old[0], ours: old[0], theirs: next[0] })
    lost.splice(lost.indexOf(old[0]), 1)
    fresh.splice(fresh.indexOf(next[0]), 1)
  }
  for (const status of lost) {
    // What the fake has decided by itself, nobody has said of theirs.
    const own = b.get(status)?.['x-topcalls-source'] === 'fake'
    const text = own ? "they do not say that they answer it; the fake's own decision" : 'they do not answer it'
    bench.tell(`response ${status}`, 'removed', own ? undefined : 'theirs', text)
  }
  for (const status of fresh) {
    const text = 'the fake does not answer it'
    bench.tell(`response ${short(status)}`, 'added', isSuccess(status) ? 'theirs' : undefined, text)
  }
  for (const { name, theirs, ours } of pairs) {
    const [one, other] = [a.get(theirs) ?? {}, b.get(ours) ?? {}]
    bench.media(`response ${short(name)} body`, 'response', one.content, other.content)
    compareHeaders(bench, `response ${short(name)} header`, one, other)
  }
}

const isSuccess = (status: string) => /^2/.test(status)

const responsesOf = (responses: Json, { resolve }: Document): Responses =>
  new Map(
    Object.entries(responses)
      .filter(([status]) => !status.startsWith('x-'))
      .map(([status, value]) => [/^\dxx$/i.test(status) ? status.toUpperCase() : status, resolve(value)])
  )

/** The response that holds for a status. */
function standIn(status: string, responses: Responses): string | undefined {
  return [status, `${status[0]}XX`, 'default'].find(one => responses.has(one))
}

function paired(ours: string | undefined, theirs: string | undefined, name: string) {
  return ours === undefined || theirs === undefined ? [] : [{ name, ours, theirs }]
}

function headersOf(response: Json, { resolve }: Document): Map<string, { name: string; header: Json }> {
  const entries = Object.entries(objectOf(response.headers)).map(([name, value]) => ({ name, header: resolve(value) }))
  // OpenAPI: "content-type" is told by the media type.
  return new Map(entries.map(one => [one.name.toLowerCase(), one] as const).filter(([name]) => name !== 'content-type'))
}

/** A header that need not be there may also be missing in theirs. */
function compareHeaders(bench: Bench, prefix: string, their: Json, our: Json): void {
  const [a, b] = [headersOf(their, bench.theirs), headersOf(our, bench.ours)]
  for (const key of new Set([...b.keys(), ...a.keys()])) {
    const [one, other] = [a.get(key), b.get(key)]
    const where = `${prefix} ${short(other?.name ?? one?.name ?? '')}`
    const required = other?.header.required === true
    if (!other) bench.tell(where, 'added', undefined, 'the fake does not answer it')
    else if (!one) bench.tell(where, 'removed', required ? 'theirs' : undefined, 'they do not say that they answer it')
    else {
      if (required && one.header.required !== true) {
        bench.tell(where, 'changed', 'theirs', 'may be missing in theirs, always there in ours')
      } else if (!required && one.header.required === true) {
        bench.tell(where, 'changed', 'ours', 'always there in theirs, may be missing in ours')
      }
      bench.schemas(where, 'response', schemaOf(one.header), schemaOf(other.header))
    }
  }
}
