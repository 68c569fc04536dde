import { carriersUrl } from '../../fixtures/emulator.ts'
import type { Dice } from './dice.ts'

const plain = '{"carrier_name":"broken","sip_gateway":{"ipv4":"203.0.113.10"}}'
const requestLine = `POST ${carriersUrl} HTTP/1.1`
const length = `Content-Length: ${plain.length}`
const chunked = 'Transfer-Encoding: chunked'
const size = plain.length.toString(16)
const chunks = `${size}\r\n${plain}\r\n0\r\n\r\n`

/** A request of which all is right but what is given. */
function request({ line = requestLine, lines = [length], body = plain }): string {
  const head = [line, 'Host: localhost', 'Authorization: Bearer tc_live_fuzz_0', 'Content-Type: application/json']
  return `${[...head, ...lines].join('\r\n')}\r\n\r\n${body}`
}

const framings = [
  [length, chunked],
  [chunked, length],
  [length, length],
  [length, 'Content-Length: 3'],
  [`Content-Length: ${plain.length}, ${plain.length}`],
  [`Content-Length: +${plain.length}`],
  [`Content-Length: 0x${size}`],
  ['Content-Length: -1'],
  ['Content-Length: 1 2'],
  ['Content-Length:'],
  ['Content-Length: 99999999999999999999'],
  [`Content-Length : ${plain.length}`],
  ['Transfer-Encoding: gzip'],
  ['Transfer-Encoding: xchunked'],
  ['Transfer-Encoding: chunked, gzip'],
  ['Transfer-Encoding: chunked, chunked'],
  [chunked, chunked],
  ['Transfer-Encoding : chunked'],
  ['Transfer-Encoding:\r\n chunked']
] as const

const headerLines = [
  ' X: leading space',
  'X : space before the colon',
  'X: folded\r\n line',
  'X: bare\nline feed',
  'X: bare\rcarriage return',
  'X: \0',
  'X: \x01',
  'X: \x7f',
  ': no name',
  'no colon',
  'X\0: NUL',
  'X\xe9: Latin-1',
  '(X): brackets'
] as const

const requestLines = [
  'post / HTTP/1.1',
  'NOTHING / HTTP/1.1',
  ' GET / HTTP/1.1',
  'GET  HTTP/1.1',
  'GET / /x HTTP/1.1',
  'GET / HTTP/1.2',
  'GET / HTTP/3.0',
  'GET / HTTP/1.1 ',
  'GET / http/1.1',
  'GET / HTTP/11',
  'GET /\0 HTTP/1.1',
  'GET /\x01 HTTP/1.1',
  'GET /\xe9 HTTP/1.1',
  'GET relative HTTP/1.1',
  'GET localhost:80 HTTP/1.1',
  '\0'
] as const

const brokenChunks = [
  'zz\r\n',
  '-1\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  'ffffffffffffffffff\r\n',
  `${size} \r\n${plain}\r\n0\r\n\r\n`,
  `${size}\n${plain}\r\n0\r\n\r\n`,
  `${size}\r\n${plain}0\r\n\r\n`,
  `${size}\r\n${plain}\n0\r\n\r\n`,
  `${size};a\nb\r\n${plain}\r\n0\r\n\r\n`,
  `${size};a=${'b'.repeat(20_000)}\r\n${plain}\r\n0\r\n\r\n`,
  `${size}\r\n${plain}\r\n0\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
  `${size}\r\n${plain}\r\n0\r\nContent-Length: 5\r\n\r\n`,
  `${size}\r\n${plain}\r\n0\r\nX : y\r\n\r\n`
] as const

const floods = [
  () => ['X: '.padEnd(17_000, 'x')],
  () => Array.from({ length: 1_100 }, (_, index) => `X-${index}: ${index}`),
  () => Array<string>(4_100).fill('a:'),
  () => ['X'.padEnd(17_000, 'x').concat(': y')]
] as const

/** A text that HTTP forbids, or that is beyond our limits; the server must refuse it and close the connection. */
export function brokenRequest(dice: Dice): string {
  const forms = [
    () => request({ lines: [...dice.pick(framings)], body: dice.oneIn(2) ? plain : chunks }),
    () => request({ lines: [dice.pick(headerLines), length] }),
    () => request({ line: dice.pick(requestLines) }),
    () => request({ lines: [chunked], body: dice.pick(brokenChunks) }),
    () => request({ lines: [...dice.pick(floods)(), length] }),
    () => request({ line: `GET /${'x'.repeat(17_000)} HTTP/1.1` }),
    () => request({}).replaceAll('\r\n', '\n'),
    () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    () => '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'
  ] as const
  return dice.pick(forms)()
}
