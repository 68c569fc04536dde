import { Buffer } from 'node:buffer'
import { Agent, type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps, Agent as SecureAgent } from 'node:https'
import { connect } from 'node:net'
import { connect as secureConnect } from 'node:tls'
import { hostnameOf } from '../loopback.ts'
import { redacted } from '../redaction.ts'

/** A request as it goes out. */
export interface Outgoing {
  method: string
  path: string
  headers: Record<string, string | string[]>
  body?: Buffer | undefined
  /** More of the body is announced than is sent. */
  unfinished?: boolean | undefined
  /** All bytes of the request, in the place of the rest. */
  raw?: Buffer | undefined
}

/** What came back; without status where the connection ended first. */
export interface Answer {
  status: number | undefined
  /** With lower-case names; several of one name are joined by a comma. */
  headers: Record<string, string>
  /** The body's text. */
  text: string
  /** The body, where it is JSON. */
  body: unknown
  /** Whether the time was over before anything came. */
  late?: boolean
}

/** How long a whole answer may take, in milliseconds; for a request that is never finished, longer than a server may wait. */
const patience = { finished: 20_000, unfinished: 75_000 }

/** So many bytes of an answer are read; what is longer is no answer of TopCalls. */
const mostBytes = 1_048_576

export const noAnswer: Answer = { status: undefined, headers: {}, text: '', body: undefined }

export interface Exchanger {
  /** @param stop ends the exchange at once */
  exchange(outgoing: Outgoing, stop?: AbortSignal): Promise<Answer>
  close(): void
}

/**
 * Sends requests to one server. Node's own client instead of fetch, which would mend what is sent wrong on purpose. What an
 * answer repeats of an Authorization that was sent is redacted, since answers get into reports.
 * @param limits milliseconds of an answer, and bytes of it that are read
 * @throws {Error} what Node throws where there is no server, and the reason of `stop`
 */
export function exchanger(url: string, limits = { ...patience, bytes: mostBytes }): Exchanger {
  const base = new URL(url)
  const secure = base.protocol === 'https:'
  const agent = secure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
  const port = Number(base.port || (secure ? 443 : 80))
  const host = hostnameOf(url)
  // A path of its own, as behind a gateway.
  const pathOf = (path: string) => `${base.pathname.replace(/\/$/, '')}${path}`

  function ask({ method, path, headers, body, unfinished }: Outgoing, signal: AbortSignal): Promise<Told> {
    return new Promise((resolve, reject) => {
      const options = { host, port, method, path: pathOf(path), headers, signal }
      const sent = secure ? overHttps({ ...options, agent }) : overHttp({ ...options, agent })
      sent.on('response', answer => void read(answer, limits.bytes).then(resolve, reject))
      sent.on('error', reject)
      if (unfinished) sent.write(body ?? '')
      else sent.end(body)
    })
  }

  /** Sends bytes as they are; the answer ends with the connection or with its length. */
  function askRaw(raw: Buffer, signal: AbortSignal): Promise<Told> {
    return new Promise((resolve, reject) => {
      const socket = secure ? secureConnect({ host, port, servername: host }) : connect({ host, port })
      const abort = () => socket.destroy(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      let received = ''
      socket.setEncoding('latin1')
      socket.on('data', chunk => {
        received += chunk
        if (isWhole(received) || received.length > limits.bytes) socket.destroy()
      })
      socket.on('end', () => socket.destroy())
      socket.on('error', reject)
      socket.on('close', () => {
        signal.removeEventListener('abort', abort)
        resolve(parsed(received))
      })
      socket.write(raw)
    })
  }

  /** Of all requests: a server may repeat in an answer what an earlier one has brought. */
  const secrets = new Set<string>()

  async function exchange(outgoing: Outgoing, stop?: AbortSignal): Promise<Answer> {
    for (const secret of secretsOf(outgoing)) secrets.add(secret)
    const late = AbortSignal.timeout(outgoing.unfinished ? limits.unfinished : limits.finished)
    const signal = stop ? AbortSignal.any([late, stop]) : late
    try {
      const told = await (outgoing.raw ? askRaw(outgoing.raw, signal) : ask(outgoing, signal))
      return answerOf(told, secrets)
    } catch (error) {
      if (stop?.aborted) throw stop.reason
      if (late.aborted) return { ...noAnswer, late: true }
      if (isUnreachable(error as NodeJS.ErrnoException)) throw error
      return noAnswer
    }
  }

  return { exchange, close: () => agent.destroy() }
}

/** An answer before its body is looked at. */
interface Told {
  status: number | undefined
  headers: Record<string, string>
  text: string
}

/** Shorter texts stand in an answer by chance. */
const shortestSecret = 8

/** The credentials that a request brings, as they are and as they stand in an address. */
function secretsOf({ headers: { authorization } }: Outgoing): string[] {
  const secret =
    String(authorization ?? '')
      .split(' ')
      .at(-1) ?? ''
  return secret.length < shortestSecret ? [] : [secret, encodeURIComponent(secret)]
}

function answerOf({ status, headers, text }: Told, secrets: Set<string>): Answer {
  const without = (told: string) => [...secrets].reduce((rest, secret) => rest.replaceAll(secret, redacted), told)
  const plain = without(text)
  const named = Object.entries(headers).map(([name, value]) => [name, without(value)])
  return { status, headers: Object.fromEntries(named), text: plain, body: jsonOf(plain) }
}

/** Whether there is no server, as opposed to one that hangs up. */
function isUnreachable({ code = '' }: NodeJS.ErrnoException): boolean {
  return /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|CERT_|ERR_TLS|DEPTH_ZERO|UNABLE_TO|SELF_SIGNED)/.test(
    code
  )
}

async function read(answer: IncomingMessage, mostBytes: number): Promise<Told> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > mostBytes) break
  }
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, [value].flat().join(', ')])
  return { status: answer.statusCode, headers: Object.fromEntries(headers), text: Buffer.concat(chunks).toString() }
}

function isWhole(received: string): boolean {
  const head = received.indexOf('\r\n\r\n')
  const length = /^content-length: *(\d+)/im.exec(received.slice(0, Math.max(head, 0)))?.[1]
  return head >= 0 && length !== undefined && received.length >= head + 4 + Number(length)
}

/** The first answer among the bytes that came. */
function parsed(received: string): Told {
  const [head = '', ...rest] = received.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]
  if (status === undefined) return noAnswer
  const headers = Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])
  )
  const length = Number(headers['content-length'] ?? Number.NaN)
  const bytes = Buffer.from(rest.join('\r\n\r\n'), 'latin1')
  const text = (Number.isNaN(length) ? bytes : bytes.subarray(0, length)).toString()
  return { status: Number(status), headers, text }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
