import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'

/** The answer with which a connection ends. Of what stands behind it on the connection nothing may be executed. */
const lastAnswers = new WeakMap<Socket, ServerResponse>()

/** Answers whose client waits for a word before it sends the body. */
const asking = new WeakSet<ServerResponse>()

function endWith({ socket }: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false
  if (!lastAnswers.has(socket)) lastAnswers.set(socket, response)
}

/**
 * Keeps requests and answers of one connection apart where Node or Fastify would mix or lose some.
 * @param isInside whether another server has the connections and hands requests over, which it has judged
 */
export function keepApart(app: FastifyInstance, { isInside }: { isInside: boolean }): void {
  if (!isInside) judgeConnections(app)

  // Whoever is refused for what stands in the head is not asked for the body (RFC 9110, section 10.1.1).
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (asking.has(reply.raw) && reply.raw.socket && announcesWithinLimit(request)) {
      asking.delete(reply.raw)
      reply.raw.writeContinue()
    }
    done(null, payload)
  })
}

/** Whether a body is announced that the route takes. Asked last, since Fastify makes `routeOptions` anew whenever it is read. */
function announcesWithinLimit({ headers, routeOptions: { bodyLimit = 0 } }: FastifyRequest): boolean {
  return Number(headers['content-length'] ?? 0) <= bodyLimit
}

/**
 * Lets the answers that get ready together leave one right behind the other. A client that has to wait between two of them goes to
 * sleep, and where cores are scarce the server makes room for it each time it wakes: at 32 connections there are 5 to 20 % more
 * creates/s beside other programs, and 1 % on a quiet machine. Register it behind all that looks at an answer.
 */
export function sendTogether(app: FastifyInstance): void {
  app.addHook('onSend', (_request, _reply, payload, done) => process.nextTick(done, null, payload))
}

function judgeConnections(app: FastifyInstance): void {
  const server = app.server as Server
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    asking.add(response)
    server.emit('request', request, response)
  })

  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    // Node (24.21) drops what it has read together with such a request, and what comes later is half of something.
    if (request.headers.upgrade !== undefined) endWith(request, response)
    // And it would put a 100 behind the head of an answer that has to wait for those before it.
    if (asking.has(response) && response.socket === null) endWith(request, response)
  })

  app.addHook('onRequest', ({ raw }, reply, done) => {
    const last = lastAnswers.get(raw.socket)
    if (last && last !== reply.raw) {
      throw new Problem('invalid_request', 'The connection ends with the answer to an earlier request')
    }
    done()
  })
}

/** To be called for each refusal, before it is sent. */
export function keepOpen(request: FastifyRequest, reply: FastifyReply): void {
  if (asking.has(reply.raw)) endWith(request.raw, reply.raw)
  // Fastify ends the connection after a body that it did not take, and the answers to those behind it are lost. Node reads
  // such a body to its end, for as long as a request may take.
  else if (reply.hasHeader('connection') && reply.raw.shouldKeepAlive) reply.header('connection', 'keep-alive')
}

/** Whether a part of a request is yet to come that has its answer already. */
export function isAnswered(socket: Socket): boolean {
  // Node keeps them there and has no public names for them.
  const { parser, _httpMessage: underWay } = socket as Socket & {
    parser?: { incoming: IncomingMessage | null } | null
    _httpMessage?: ServerResponse | null
  }
  return underWay?.headersSent === true || (!underWay && parser?.incoming?.complete === false)
}
