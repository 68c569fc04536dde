import t from 'tap'
import { carriersUrl, plainCarrier } from './fixtures/emulator.ts'
import { authorization, isProblem, json, listening, rawRequest, sendRaw } from './fixtures/socket.ts'

const body = JSON.stringify(plainCarrier)
const length = `Content-Length: ${body.length}`
const chunked = 'Transfer-Encoding: chunked'
const size = body.length.toString(16)
const chunks = `${size}\r\n${body}\r\n0\r\n\r\n`

/** A create whose framing is as given, without `Connection: close`. */
const framed = (lines: string[], text: string) =>
  [`POST ${carriersUrl} HTTP/1.1`, 'Host: localhost', authorization, json, ...lines, '', text].join('\r\n')

/** What must not be looked at behind something broken, and must be answered behind something whole. */
const next = rawRequest([authorization, json], body)

t.test('where two parsers could see different requests there is a 400, and what follows is not looked at', async t => {
  const { url, control } = await listening(t)
  const ambiguous: Record<string, string> = {
    'length, then chunks': framed([length, chunked], chunks),
    'chunks, then length': framed([chunked, length], chunks),
    'two lengths': framed([length, 'Content-Length: 3'], body),
    'two equal lengths': framed([length, length], body),
    'a list of lengths': framed([`${length}, ${body.length}`], body),
    'a signed length': framed([`Content-Length: +${body.length}`], body),
    'a hexadecimal length': framed([`Content-Length: 0x${size}`], body),
    'an endless length': framed(['Content-Length: 99999999999999999999'], body),
    'a length with a space before the colon': framed([`Content-Length : ${body.length}`], body),
    'chunks with a space before the colon': framed(['Transfer-Encoding : chunked', length], body),
    'chunks in a folded line': framed(['Transfer-Encoding:\r\n chunked'], chunks),
    'a folded line': framed(['X: a\r\n b', length], body),
    'a bare line feed in the head': framed(['X: a\nContent-Length: 0', length], body),
    'a bare carriage return in the head': framed(['X: a\rContent-Length: 0', length], body),
    'line feeds only': framed([length], body).replaceAll('\r\n', '\n'),
    'NUL in a header': framed(['X: a\0b', length], body),
    'a coding that is no coding': framed(['Transfer-Encoding: xchunked'], chunks),
    'chunks of chunks': framed(['Transfer-Encoding: chunked, chunked'], chunks),
    'chunks that are not the last coding': framed(['Transfer-Encoding: chunked, gzip'], chunks),
    'a chunk of another size': framed([chunked], chunks.replace(size, '5')),
    'a chunk with a bare line feed': framed([chunked], chunks.replaceAll('\r\n', '\n')),
    'a chunk with a prefix': framed([chunked], `0x${chunks}`),
    'a length among the trailers': framed([chunked], chunks.replace(/\r\n$/, 'Content-Length: 5\r\n\r\n'))
  }
  for (const [name, bytes] of Object.entries(ambiguous)) {
    const answers = await sendRaw(url, bytes, next)
    t.equal(answers.length, 1, name)
    isProblem(t, answers[0], 400, 'invalid_request')
    t.equal(answers[0]?.headers.connection, 'close')
  }
  t.equal((await control.info()).counts.carriers, 0)
})

t.test('the body of a request that is refused by its head does not become the next request', async t => {
  const { url } = await listening(t)
  const inner = 'GET /inner HTTP/1.1\r\nHost: localhost\r\n\r\n'
  const refusals: [requestLine: string, lines: string[], status: number][] = [
    [`POST ${carriersUrl} HTTP/1.1`, [], 401],
    [`POST ${carriersUrl} HTTP/1.1`, [authorization, 'Idempotency-Key: short'], 400],
    [`POST ${carriersUrl} HTTP/1.1`, [authorization, 'Content-Encoding: gzip'], 415],
    [`GET ${carriersUrl} HTTP/1.1`, [], 401],
    [`PUT ${carriersUrl} HTTP/1.1`, [], 405],
    ['POST /nowhere HTTP/1.1', [], 404],
    ['POST /_topcalls/v1/reset HTTP/1.1', ['Origin: http://evil.example'], 403]
  ]
  for (const [requestLine, lines, status] of refusals) {
    const head = [requestLine, 'Host: localhost', ...lines].join('\r\n')
    const whole = [
      `${head}\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
      `${head}\r\n${chunked}\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`
    ]
    for (const bytes of whole) {
      const statuses = async (...pieces: (string | Buffer)[]) => (await sendRaw(url, ...pieces)).map(one => one.status)
      t.same(await statuses(bytes, next), [status, 201], requestLine)
      t.same(await statuses(Buffer.concat([Buffer.from(bytes), next])), [status, 201], 'in one packet')
    }
  }
})

t.test('a refusal arrives, whatever comes after it', async t => {
  const { url } = await listening(t)
  const head = `POST ${carriersUrl} HTTP/1.1\r\nHost: x\r\n${authorization}\r\nContent-Type: text/plain\r\n${chunked}\r\n\r\n`
  // The server hangs up while the client still sends: a reset would take the answer away.
  const answers = await sendRaw(url, `${head}5\r\nhello${'x'.repeat(4_000_000)}`)
  t.match(answers, [{ status: 415 }])
  t.equal(answers.length, 1)
})

t.test('no path and no name of a client puts a line into the head of an answer', async t => {
  const { url } = await listening(t)
  for (const [path, status] of [
    ['/%0d%0aInjected:%20x', 404],
    [`${carriersUrl}%0d%0aInjected:x`, 400],
    ['/_topcalls/v1/%0aInjected:x', 404]
  ] as const) {
    const [answer] = await sendRaw(url, rawRequest([authorization], '', `GET ${path} HTTP/1.1`))
    t.match(answer, { status, headers: { injected: undefined } }, path)
  }
  const name = 'x\r\nInjected: x\r\n\r\nHTTP/1.1 200 OK'
  const named = JSON.stringify({ ...plainCarrier, carrier_name: name, [name]: 1 })
  const answers = await sendRaw(url, rawRequest([authorization, json], named))
  t.match(answers, [{ status: 201, headers: { injected: undefined } }])
  t.equal(JSON.parse(answers[0]?.body ?? '').carrier_name, name)
})

t.test('more headers than 1000, or than fit into 16 KiB, answer 431', async t => {
  const { url, control } = await listening(t)
  const floods = [Array<string>(1_100).fill('X:'), ['X: '.padEnd(17_000, 'x')], [`${'X'.repeat(17_000)}: x`]]
  for (const lines of floods) {
    isProblem(
      t,
      (await sendRaw(url, framed(['Connection: close', ...lines, length], body)))[0],
      431,
      'headers_too_large'
    )
  }
  isProblem(t, (await sendRaw(url, `GET /${'x'.repeat(17_000)} HTTP/1.1\r\n`))[0], 431, 'headers_too_large')
  const trailers = chunks.replace(/\r\n$/, `X: ${'x'.repeat(17_000)}\r\n\r\n`)
  isProblem(t, (await sendRaw(url, framed([chunked], trailers)))[0], 431, 'headers_too_large')
  const extension = framed([chunked], chunks.replace('\r\n', `;x=${'x'.repeat(17_000)}\r\n`))
  isProblem(t, (await sendRaw(url, extension))[0], 413, 'payload_too_large')
  t.equal((await control.info()).counts.carriers, 0)
})
