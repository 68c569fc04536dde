import { Buffer } from 'node:buffer'
import { Agent, type ClientRequest, type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps, Agent as SecureAgent } from 'node:https'
import { connect } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { connect as secureConnect } from 'node:tls'

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

/** How long an answer may take, in milliseconds; for a request that is never finished, longer than a server may wait. */
const patience = { finished: 20_000, unfinished: 75_000 }

export const noAnswer: Answer = { status: undefined, headers: {}, text: '', body: undefined }

export interface Exchanger {
  exchange(outgoing: Outgoing): Promise<Answer>
  close(): void
}

/**
 * Sends requests to one server. Node's own client instead of fetch, which would mend what is sent wrong on purpose.
 * @throws {Error} what Node throws where there is no server
 */
export function exchanger(url: string): Exchanger {
  const base = new URL(url)
  const secure = base.protocol === 'https:'
  const agent = secure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
  const port = Number(base.port || (secure ? 443 : 80))
  const host = base.hostname.replace(/^\[|\]$/g, '')
  // A path of its own, as behind a gateway.
  const pathOf = (path: string) => `${base.pathname.replace(/\/$/, '')}${path}`

  function ask({ method, path, headers, body, unfinished }: Outgoing): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timeout = unfinished ? patience.unfinished : patience.finished
      const options = { host, port, method, path: pathOf(path), headers, timeout }
      const sent: ClientRequest = secure ? overHttps({ ...options, agent }) : overHttp({ ...options, agent })
      sent.on('response', answer => void read(answer).then(resolve, () => resolve(noAnswer)))
      sent.on('timeout', () => {
        resolve({ ...noAnswer, late: true })
        sent.destroy()
      })
      sent.on('error', (error: NodeJS.ErrnoException) => (isUnreachable(error) ? reject(error) : resolve(noAnswer)))
      if (unfinished) sent.write(body ?? '')
      else sent.end(body)
    })
  }

  /** Sends bytes as they are; the answer ends with the connection or with its length. */
  function askRaw(raw: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const socket = secure ? secureConnect({ host, port, servername: host }) : connect({ host, port })
      let received = ''
      const end = () => {
        socket.destroy()
        resolve(parsed(received))
      }
      socket.setTimeout(patience.finished, end)
      socket.setEncoding('latin1')
      socket.on('data', chunk => {
        received += chunk
        if (isWhole(received)) end()
      })
      socket.on('end', end)
      socket.on('error', (error: NodeJS.ErrnoException) => (isUnreachable(error) ? reject(error) : end()))
      socket.write(raw)
    })
  }

  return {
    exchange: outgoing => (outgoing.raw ? askRaw(outgoing.raw) : ask(outgoing)),
    close: () => agent.destroy()
  }
}

/** Whether there is no server, as opposed to one that hangs up. */
function isUnreachable({ code = '' }: NodeJS.ErrnoException): boolean {
  return /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|CERT_|ERR_TLS|DEPTH_ZERO|UNABLE_TO|SELF_SIGNED)/.test(
    code
  )
}

async function read(answer: IncomingMessage): Promise<Answer> {
  const text = await textOf(answer)
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, [value].flat().join(', ')])
  return { status: answer.statusCode, headers: Object.fromEntries(headers), text, body: jsonOf(text) }
}

function isWhole(received: string): boolean {
  const head = received.indexOf('\r\n\r\n')
  const length = /^content-length: *(\d+)/im.exec(received.slice(0, Math.max(head, 0)))?.[1]
  return head >= 0 && length !== undefined && received.length >= head + 4 + Number(length)
}

/** The first answer among the bytes that came. */
function parsed(received: string): Answer {
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
  return { status: Number(status), headers, text, body: jsonOf(text) }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
