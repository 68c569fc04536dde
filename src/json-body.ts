import { isUtf8 } from 'node:buffer'
import secureJson from 'secure-json-parse'
import { Problem, type Violation } from './problem.ts'

/** Deepest nesting of arrays and objects. Recursive code overflows between 3 000 and 5 000 levels (F). */
const depthLimit = 100

/**
 * Parses a body as JSON in UTF-8, as it was sent.
 * @throws {Problem} for what is no such thing; it never repeats a piece of the body
 */
export function parseJson(body: Buffer): { value: unknown; text: string; duplicates: boolean } {
  if (body.length === 0) throw refusedJson('is empty; send a JSON object', 'required')
  if (!isUtf8(body)) throw refusedJson('is not valid UTF-8', 'custom', 'J1')
  const { depth, members } = measure(body)
  if (depth > depthLimit) throw refusedJson(`is nested more than ${depthLimit} levels deep`, 'too_big', 'J1')
  const text = body.toString()
  try {
    // Refuses `__proto__` members, which a later merge could turn into a prototype.
    const value = secureJson.parse(text)
    return { value, text, duplicates: members > memberCount(value) }
  } catch (error) {
    const { message } = error as Error
    if (message === 'Object contains forbidden prototype property') {
      throw refusedJson('has a member "__proto__" or "constructor.prototype"', 'custom', 'J1')
    }
    // Where the message does not end with the position it ends with a piece of the body, which may hold a password.
    const position = / at position \d+(?: \(line \d+ column \d+\))?$/.exec(message)?.[0] ?? ''
    throw refusedJson(`is not valid JSON${position}`)
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

/** The refusal of a whole body. */
export function refusedJson(message: string, code: Violation['code'] = 'custom', rule = 'R3'): Problem {
  return Problem.refusing('invalid_body', [{ path: '', message, code }], [rule])
}
