import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from './clock.ts'
import { printablePath, withoutKeys } from './log.ts'
import { kindOfStatus, Problem, renderProblem, renderRawProblem } from './problem.ts'
import { bodyLimit } from './topcalls/body.ts'

/** What to say instead of Fastify's own words. */
const details: Record<string, string> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'Content-Type must be application/json',
  FST_ERR_CTP_BODY_TOO_LARGE: `The body is larger than ${bodyLimit} bytes`,
  HPE_HEADER_OVERFLOW: 'The headers are larger than 16 KiB',
  ERR_HTTP_REQUEST_TIMEOUT: 'The request did not arrive in time'
}

/** Statuses of Node's HTTP parser that are not 400. */
const parserStatuses: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408
}

/** Sends whatever was thrown as a problem document. What nobody expected is a 500 whose text stays in the log. */
export function sendProblem(error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error)
  if (problem.kind === 'internal_error') request.log.error({ requestId: request.id, err: error }, 'unexpected failure')
  if (problem.kind === 'unavailable') request.log.error({ requestId: request.id, err: problem.cause }, problem.message)
  const { status, headers, body } = renderProblem(problem, request.id)
  reply.code(status).headers(headers).send(body)
}

function problemOf(error: FastifyError | Problem): Problem {
  if (error instanceof Problem) return error
  const { statusCode = 500, code = '', message } = error
  if (statusCode >= 500)
    return new Problem('internal_error', 'Something went wrong inside fake-topcalls; its log says more')
  const kind = statusCode === 400 && code.startsWith('FST_ERR_CTP') ? 'invalid_body' : kindOfStatus(statusCode)
  return new Problem(kind, details[code] ?? withoutKeys(message))
}

/** Refuses unknown routes and methods before anything else of the request is looked at. Register it before the routes. */
export function refuseUnknownRoutes(app: FastifyInstance): void {
  const methodsByUrl = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByUrl.get(url) ?? new Set()
    for (const one of [method].flat()) methods.add(one)
    methodsByUrl.set(url, methods)
  })

  function refuse(request: FastifyRequest): never {
    const path = request.url.split('?', 1)[0] ?? ''
    const known = [...methodsByUrl].find(([url]) => matches(url, path))
    if (!known) throw new Problem('not_found', `There is nothing at ${request.method} ${printablePath(request.url)}`)
    const allow = [...known[1]].join(', ')
    throw new Problem('method_not_allowed', `${printablePath(request.url)} takes ${allow}, not ${request.method}`, {
      headers: { allow }
    })
  }

  app.addHook('onRequest', (request, _, done) => {
    if (request.is404) refuse(request)
    done()
  })
  app.setNotFoundHandler(refuse)
}

/** Whether a path has the form of a route template. */
function matches(template: string, path: string): boolean {
  const parts = path.split('/')
  const wanted = template.split('/')
  return parts.length === wanted.length && wanted.every((part, index) => part.startsWith(':') || part === parts[index])
}

/** Answers what Node's HTTP parser refuses, which never becomes a request. */
export function answerParserErrors(clock: Clock) {
  return (error: NodeJS.ErrnoException & { reason?: string }, socket: Socket): void => {
    const { code = '', reason } = error
    const kind = kindOfStatus(parserStatuses[code] ?? 400)
    const problem = new Problem(kind, details[code] ?? `This is not a valid HTTP request${reason ? `: ${reason}` : ''}`)
    answerInTurn(socket, renderRawProblem(problem, clock.newId()))
  }
}

/** Ends a connection with a message, after the answers to whole requests that came before on it. */
function answerInTurn(socket: Socket, message: Buffer): void {
  if (!socket.writable) return
  // Node keeps the answer that a socket is busy with there and has no public name for it.
  const { _httpMessage: underWay } = socket as Socket & { _httpMessage?: ServerResponse | null }
  if (underWay?.req.complete) underWay.once('close', () => answerInTurn(socket, message))
  // The broken piece is the body of a request that has its answer already.
  else if (underWay?.headersSent) socket.destroy()
  else socket.end(message)
}
