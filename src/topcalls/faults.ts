import { setMaxListeners } from 'node:events'
import type { OutgoingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { decodedPath, lineOf } from '../log.ts'
import { differences, type Subject } from '../match.ts'
import { replayHeaders } from '../observed.ts'
import { problemMediaType, renderFaultProblem } from '../problem.ts'
import { redactedHeaders, redactedJson } from '../redaction.ts'
import { milliseconds } from '../schemas/common.ts'
import { type Fault, type FaultKind, faultKinds } from '../schemas/fault.ts'
import type { FaultStore } from '../store/faults.ts'

const defaultStatus = 503
const defaultBytesPerSecond = 50

/** What becomes of the bytes of an answer; undefined where the connection was taken from Fastify. */
type Spoiler = (reply: FastifyReply, bytes: Buffer, fault: Fault) => Buffer | Readable | undefined

/** Whether a fault leaves the client without the answer. A late or slow one is the answer all the same. */
export function takesTheAnswer({ kind, phase }: Fault): boolean {
  return faultKinds[kind].takesTheAnswer || (kind === 'slow' && phase === 'before')
}

/**
 * Makes answers go wrong as the armed rules say. `decide` is to be called before the journal's hook and `spoil` after it:
 * the journal then has the fault, and the entry is there before the client notices anything.
 */
export function faultInjection(app: FastifyInstance, { faults }: { faults: FaultStore }) {
  // A server that closes lets late answers go and hung connections end.
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  app.addHook('preClose', async () => closing.abort())
  const pause = (duration: number) => sleep(duration, undefined, { signal: closing.signal }).catch(() => {})

  function fire(
    phase: Fault['phase'],
    request: FastifyRequest,
    isMeant: (fault: Fault) => boolean = ({ kind }) => kind !== 'pending'
  ): Fault | undefined {
    const subject = subjectOf(request)
    const fits = ({ match }: Fault) => match === undefined || differences(match, subject()).length === 0
    return faults.fire(phase, request.account.id, fault => isMeant(fault) && fits(fault))
  }

  /** The fault by which what a request creates has to wait; asked again, the same one. */
  function waiting(request: FastifyRequest): Fault | undefined {
    if (request.fault?.kind === 'pending') return request.fault
    const fault = fire('before', request, ({ kind }) => kind === 'pending')
    if (fault) request.fault = fault
    return fault
  }

  // The body is there by then, and nothing has been looked up.
  app.addHook('preValidation', (request, reply, done) => {
    const fault = request.account && fire('before', request)
    if (!fault) return done()
    request.fault = fault
    if (fault.kind === 'delay') pause(milliseconds(fault.delay ?? 0)).then(() => done())
    else reply.send(otherAnswer(reply, fault))
  })

  function decide(): void {
    app.addHook('onSend', (request, reply, payload, done) => {
      const { account, fault: earlier } = request
      const mayFire = account && reply.statusCode < 400 && !(earlier && takesTheAnswer(earlier))
      const fault = mayFire && fire('after', request)
      if (!fault) return done(null, payload)
      request.fault = fault
      if (fault.kind === 'delay') pause(milliseconds(fault.delay ?? 0)).then(() => done(null, payload))
      else done(null, fault.kind === 'status' ? otherAnswer(reply, fault) : payload)
    })
  }

  function spoil(): void {
    app.addHook('onSend', (request, reply, payload, done) => {
      const spoiler = request.fault && spoilers[request.fault.kind]
      if (!spoiler) return done(null, payload)
      const bytes = Buffer.from((payload as string | Buffer | null) ?? '')
      const spoilt = spoiler(reply, bytes, request.fault as Fault)
      if (spoilt) return done(null, spoilt)
      // Fastify hears no more of this request, and so its log line would be missing.
      request.log.info({ ...lineOf(request, reply), fault: request.fault?.kind }, 'a fault took the answer away')
    })
  }

  const spoilers: { [Kind in FaultKind]?: Spoiler } = {
    reset(reply) {
      cut(reply.hijack())
      return undefined
    },
    hang(reply) {
      const { raw } = reply.hijack()
      const end = () => cut(reply)
      if (closing.signal.aborted) end()
      closing.signal.addEventListener('abort', end)
      raw.once('close', () => closing.signal.removeEventListener('abort', end))
      return undefined
    },
    truncate(reply, bytes) {
      const { raw, request } = reply.hijack()
      const headers = reply.getHeaders() as OutgoingHttpHeaders
      // A head without body is all that there is of a 204 and of an answer to HEAD; nothing would be sent of what is written.
      if (bytes.length === 0 || request.method === 'HEAD') {
        raw.writeHead(reply.statusCode, headers).end(() => raw.destroy())
        return undefined
      }
      raw.writeHead(reply.statusCode, { ...headers, 'content-length': bytes.length })
      raw.write(bytes.subarray(0, bytes.length / 2), () => raw.destroy())
      return undefined
    },
    malformed(_, bytes) {
      // Every document ends with a brace.
      if (bytes.length > 0) bytes.fill(',', bytes.length - 1)
      return bytes
    },
    slow(reply, bytes, { bytes_per_second = defaultBytesPerSecond }) {
      reply.header('content-length', bytes.length)
      return Readable.from(drip(bytes, bytes_per_second))
    }
  }

  /** At most ten times a second a piece. */
  async function* drip(bytes: Buffer, bytesPerSecond: number) {
    const size = Math.ceil(bytesPerSecond / 10)
    for (let start = 0; start < bytes.length; start += size) {
      await pause((size / bytesPerSecond) * 1_000)
      yield bytes.subarray(start, start + size)
    }
  }

  return { decide, spoil, waiting }
}

/** Resets the connection. */
function cut({ raw, request }: FastifyReply): void {
  // Of a pipelined request the answer has no socket yet, and an injected one has none of TCP.
  const { socket } = request.raw
  if (typeof socket?.resetAndDestroy === 'function') socket.resetAndDestroy()
  else raw.destroy()
}

/** Turns an answer into the one that a rule names; returns its body. */
function otherAnswer(reply: FastifyReply, { status = defaultStatus, headers = {}, problem }: Fault): Buffer {
  const inherited = status === 429 || status === 503 ? { 'retry-after': '1' } : {}
  for (const name of [...replayHeaders, 'Idempotency-Payload-Mismatch']) reply.removeHeader(name)
  reply.request.replayed = false
  reply.code(status).headers({ ...inherited, 'content-type': problemMediaType, ...headers })
  return renderFaultProblem(status, reply.request.id, problem)
}

/** The parts of a request that a match may ask for, put together once for all rules. */
function subjectOf({ method, url, headers, sentBody }: FastifyRequest): () => Subject {
  let subject: Subject | undefined
  return () => {
    subject ??= {
      method,
      path: decodedPath(url),
      headers: redactedHeaders(headers),
      body: sentBody?.json === undefined ? undefined : JSON.parse(redactedJson(sentBody.json))
    }
    return subject
  }
}
