import { isDeepStrictEqual } from 'node:util'
import { isObject } from './json.ts'
import type { Violation } from './problem.ts'
import { isSecretName, withoutSecrets } from './redaction.ts'
import type { EntryMatch, Match } from './schemas/request.ts'

/** One thing in which a request is not what was asked for. */
export interface Difference {
  /** Dotted path of the member, such as `body.sip_gateway.port`. */
  path: string
  expected: unknown
  /** What the request has there; absent where it has nothing. */
  actual?: unknown
}

/** The parts of a request that may be asked for, with every secret redacted. */
export interface Subject {
  method: string
  path: string
  headers: Record<string, string>
  body: unknown
  /** Further members of a journal entry. */
  [member: string]: unknown
}

/** In what a request differs from a match; nothing where it fits. */
export function differences(match: Match | EntryMatch, subject: Subject): Difference[] {
  const { method, path, headers = {}, body, fault, rules = [], findings = [], ...plain } = match as EntryMatch
  const found: Difference[] = []
  const expect = (at: string, expected: unknown, actual: unknown, fits: boolean) => {
    if (!fits) found.push({ path: at, expected, ...(actual !== undefined && { actual }) })
  }

  if (method !== undefined) expect('method', method, subject.method, method.toUpperCase() === subject.method)
  if (path !== undefined) expect('path', path, subject.path, fitsPattern(path, subject.path))
  for (const [name, expected] of Object.entries(headers)) {
    const actual = Object.hasOwn(subject.headers, name.toLowerCase()) ? subject.headers[name.toLowerCase()] : undefined
    expect(
      `headers.${name.toLowerCase()}`,
      expected,
      actual,
      expected === null ? actual === undefined : expected === actual
    )
  }
  if (body !== undefined) compareMembers('body', body, subject.body, expect)
  for (const [name, expected] of Object.entries(plain))
    expect(name, expected, subject[name], expected === subject[name])
  if (fault !== undefined) {
    const actual = subject.fault as { id: string; kind: string } | null
    expect('fault', fault, actual?.kind ?? null, fault === (actual?.kind ?? null) || fault === actual?.id)
  }
  const codes = (subject.findings as { code: string }[] | undefined)?.map(({ code }) => code)
  const broken = subject.rules as string[] | undefined
  for (const rule of rules) expect('rules', rule, broken, broken?.includes(rule) ?? false)
  for (const code of findings) expect('findings', code, codes, codes?.includes(code) ?? false)
  return found
}

/** Where a match asks for a secret, which every request has redacted before it is compared. */
export function unmatchable({ headers = {}, body }: Match | EntryMatch): Violation[] {
  const message = 'is a secret and redacted before it is compared; to match a key, name its account'
  const secrets = [...secretsIn('headers', headers), ...secretsIn('body', body)]
  return secrets.map(path => ({ path: `match.${path}`, message, code: 'custom' }))
}

function* secretsIn(at: string, value: unknown): Generator<string> {
  if (typeof value === 'string' && withoutSecrets(value) !== value) yield at
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    if (isSecretName(name) && member !== null) yield `${at}.${withoutSecrets(name)}`
    else yield* secretsIn(`${at}.${withoutSecrets(name)}`, member)
  }
}

type Expect = (at: string, expected: unknown, actual: unknown, fits: boolean) => void

/** Objects are compared member by member, and may have others besides; everything else is compared whole. */
function compareMembers(at: string, expected: unknown, actual: unknown, expect: Expect): void {
  if (!isObject(expected) || !isObject(actual)) {
    expect(at, expected, actual, isDeepStrictEqual(expected, actual))
    return
  }
  for (const [name, member] of Object.entries(expected)) {
    compareMembers(`${at}.${name}`, member, Object.hasOwn(actual, name) ? actual[name] : undefined, expect)
  }
}

/** Whether a text has the form of a pattern in which `*` stands for anything. Pieces are found in turn, in linear time. */
function fitsPattern(pattern: string, text: string): boolean {
  const [first = '', ...pieces] = pattern.split('*')
  const last = pieces.pop()
  if (last === undefined) return text === pattern
  if (!text.startsWith(first)) return false
  let position = first.length
  for (const piece of pieces) {
    const start = text.indexOf(piece, position)
    if (start < 0) return false
    position = start + piece.length
  }
  return text.length - position >= last.length && text.endsWith(last)
}
