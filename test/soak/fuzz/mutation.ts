import type { Dice } from './dice.ts'

const tokens = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ' ',
  '\t',
  ':',
  '\0',
  '\xff',
  '%00',
  '%2e%2e/',
  ',',
  '"',
  '{',
  '}',
  '[',
  '\\ud800',
  '0\r\n\r\n',
  'ffffffffffffffff\r\n',
  '\r\nContent-Length: 5',
  '\r\nContent-Length: 0',
  '\r\nTransfer-Encoding: chunked',
  '\r\nExpect: 100-continue',
  '\r\nConnection: close',
  '\r\nUpgrade: websocket\r\nConnection: Upgrade',
  '\r\nHost: evil.example',
  '\r\nAuthorization: Bearer tc_live_mutant_9',
  '\r\nIdempotency-Key: mutated-key',
  'GET / HTTP/1.1\r\n\r\n',
  'HEAD / HTTP/1.0\r\n\r\n',
  'CONNECT localhost:1 HTTP/1.1\r\nHost: x\r\n\r\n'
] as const

/** The bytes with one to four things changed; `other` is what they may be spliced with. */
export function mutated(dice: Dice, bytes: Buffer, other: Buffer): Buffer {
  let result = bytes
  for (let count = 1 + dice.below(4); count > 0; count--) result = changed(dice, result, other)
  return result
}

function changed(dice: Dice, bytes: Buffer, other: Buffer): Buffer {
  const at = dice.below(bytes.length + 1)
  const end = Math.min(bytes.length, at + 1 + dice.below(dice.pick([1, 8, 100])))
  const [before, piece, behind] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)]
  return dice.pick([
    () => Buffer.concat([before, piece.map(byte => byte ^ (1 << dice.below(8))), behind]),
    () => Buffer.concat([before, dice.bytes(piece.length), behind]),
    () => Buffer.concat([before, behind]),
    () => Buffer.concat([before, piece, piece, behind]),
    () => Buffer.concat([before, Buffer.from(dice.pick(tokens), 'latin1'), piece, behind]),
    () => withoutLine(dice, bytes),
    () => Buffer.concat([before, other.subarray(dice.below(other.length))])
  ])()
}

/** Without what stands between two line feeds. */
function withoutLine(dice: Dice, bytes: Buffer): Buffer {
  const start = bytes.indexOf('\n', dice.below(bytes.length + 1))
  const end = bytes.indexOf('\n', start + 1)
  return start < 0 || end < 0 ? bytes : Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)])
}
