import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import secureJson from 'secure-json-parse'
import { Problem, type Violation } from '../problem.ts'

/** Largest body in bytes. No real carrier comes near it (F). */
export const bodyLimit = 65_536

/** Deepest nesting of arrays and objects. Recursive code overflows between 3 000 and 5 000 levels (F). */
const depthLimit = 100

/** A body as it was sent. */
export interface SentBody {
  bytes: number
  /** Its text, once it is known to be JSON that the parser takes. */
  json?: string
  /** Whether an object has two members of one name. */
  duplicates: boolean
}

/** Takes JSON in UTF-8 as it was sent, and nothing else. */
export function jsonBodies(api: FastifyInstance): void {
  api.addHook('onRequest', ({ headers, routeOptions }, _, done) => {
    const coding = headers['content-encoding']?.toLowerCase()
    if (coding && coding !== 'identity') {
      throw new Problem('unsupported_media_type', 'The body must not be compressed: leave out Content-Encoding', {
        headers: { 'accept-encoding': 'identity' },
        rules: ['R3']
      })
    }
    // A request without body and content type would pass by the parsers.
    const empty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
    if (routeOptions.schema?.body && empty && headers['content-type'] === undefined) {
      throw refusal('is missing; send a JSON object', 'required')
    }
    done()
  })

  api.removeAllContentTypeParsers()
  api.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    const { depth, members } = measure(body)
    const sent: SentBody = { bytes: body.length, duplicates: false }
    request.sentBody = sent
    const { value, text } = parse(body, depth)
    sent.json = text
    sent.duplicates = members > memberCount(value)
    return value
  })
}

function parse(body: Buffer, depth: number): { value: unknown; text: string } {
  if (body.length === 0) throw refusal('is empty; send a JSON object', 'required')
  if (!isUtf8(body)) throw refusal('is not valid UTF-8')
  if (depth > depthLimit) throw refusal(`is nested more than ${depthLimit} levels deep`, 'too_big')
  const text = body.toString()
  try {
    // Refuses `__proto__` members, which a later merge could turn into a prototype.
    return { value: secureJson.parse(text), text }
  } catch (error) {
    const { message } = error as Error
    if (message === 'Object contains forbidden prototype property') {
      throw refusal('has a member "__proto__" or "constructor.prototype"')
    }
    // Where the message does not end with the position it ends with a piece of the body, which may hold a password.
    const position = / at position \d+(?: \(line \d+ column \d+\))?$/.exec(message)?.[0] ?? ''
    throw refusal(`is not valid JSON${position}`)
  }
}

/** Counts levels and members without recursion and before anything is parsed. */
function measure(json: Buffer): { depth: number; members: number } {
  let depth = 0
  let deepest = 0
  let members = 0
  let inString = false
  for (let index = 0; index < json.length; index++) {
    const byte = json[index]
    if (inString) {
      if (byte === 0x5c) index++
      else if (byte === 0x22) inString = false
    } else if (byte === 0x22) inString = true
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth)
    else if (byte === 0x7d || byte === 0x5d) depth--
    else if (byte === 0x3a) members++
  }
  return { depth: deepest, members }
}

function memberCount(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const values = Object.values(value)
  const own = Array.isArray(value) ? 0 : values.length
  return values.reduce<number>((count, member) => count + memberCount(member), own)
}

function refusal(message: string, code: Violation['code'] = 'custom'): Problem {
  return Problem.refusing('invalid_body', [{ path: '', message, code }], ['R3'])
}
