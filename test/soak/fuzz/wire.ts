import type { Dice } from './dice.ts'

/** A whole request and how it is to be answered. */
export interface Request {
  bytes: Buffer
  method: string
  statuses: readonly number[]
  /** A text that the body of the answer has. */
  says?: string
}

/** What bodies and members are drawn from. */
export interface Pool {
  bodies: Buffer[]
  members: object[]
}

export const json = 'Content-Type: application/json'

interface Parts {
  method?: string
  target: string
  version?: string
  /** The value of the Host header, or null to leave it out. */
  host?: string | null
  lines?: string[]
  body?: Buffer | string
}

/** Writes a request down, now and then with harmless headers and with its body in chunks. */
export function written(dice: Dice, parts: Parts): Buffer {
  const { method = 'POST', target, version = '1.1', host = 'localhost', lines = [], body } = parts
  const bytes = body === undefined ? undefined : Buffer.from(body)
  const chunked = bytes !== undefined && version === '1.1' && dice.oneIn(4)
  const framing = bytes && (chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes.length}`)
  const head = [
    `${method} ${target} HTTP/${version}`,
    ...(host === null ? [] : [`Host: ${host}`]),
    ...soup(dice),
    ...lines,
    ...(framing === undefined ? [] : [framing])
  ]
  const written: Buffer[] = [Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1')]
  if (bytes) written.push(...(chunked ? inChunks(dice, bytes) : [bytes]))
  return Buffer.concat(written)
}

/** More chunks would be slow for a long body. */
const mostChunks = 20

function inChunks(dice: Dice, body: Buffer): Buffer[] {
  const extension = () => dice.pick(['', '', '', ';a', ';a=b', ';a="bc"', `;${'x'.repeat(1 + dice.below(500))}`])
  const pieces: Buffer[] = []
  for (let at = 0, count = 1; at < body.length; count++) {
    const longest = count === mostChunks ? body.length : dice.pick([3, 40, body.length])
    const piece = body.subarray(at, at + (count === mostChunks ? longest : 1 + dice.below(longest)))
    at += piece.length
    const size = piece.length.toString(16).padStart(1 + dice.below(3), '0')
    pieces.push(Buffer.from(`${size}${extension()}\r\n`), piece, Buffer.from('\r\n'))
  }
  const trailers = dice.pick(['', '', '', 'X-Trailer: a\r\n', 'Idempotency-Key: x\r\nAuthorization: Bearer y\r\n'])
  return [...pieces, Buffer.from(`0${extension()}\r\n${trailers}\r\n`)]
}

/** Headers that must not change anything. */
const harmless = [
  'X-Empty:',
  'X-Latin: \xe9\xff\xa0',
  'X-Tab:\t a \t',
  'X-Request-Id: ../../etc/passwd',
  "!#$%&'*+-.^_`|~: odd",
  '__proto__: x',
  'constructor: x',
  'toString: x',
  'Cookie: a=b; c=d',
  'Accept: text/html;q=0.1, */*',
  'Accept-Encoding: gzip, br',
  'Connection: keep-alive',
  'Keep-Alive: timeout=1, max=1',
  'TE: trailers, gzip',
  'Via: 1.0 a, 1.1 b',
  'Forwarded: for=1.2.3.4;host=evil.example',
  'X-Forwarded-Host: evil.example',
  'X-HTTP-Method-Override: DELETE',
  'X-Original-URL: /_topcalls/v1/reset',
  'If-None-Match: *',
  'Range: bytes=0-1',
  'Date: yesterday',
  'Trailer: X-Trailer',
  'User-Agent: () { :; }; echo',
  'Referer: http://evil.example/?a=b'
] as const

function soup(dice: Dice): string[] {
  if (dice.oneIn(2)) return []
  const lines: string[] = Array.from({ length: dice.below(6) }, () => dice.pick(harmless))
  if (dice.oneIn(40)) lines.push(...Array.from({ length: dice.below(400) }, (_, index) => `X-${index}: ${index}`))
  if (dice.oneIn(40)) lines.push(`X-Long: ${'x'.repeat(dice.below(6_000))}`)
  return lines
}
