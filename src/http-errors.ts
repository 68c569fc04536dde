import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isAnswered, keepOpen } from './connection.ts'
import { decodedPath, isOurs, printablePath } from './log.ts'
import { kindOfStatus, Problem, renderProblem, renderRawProblem } from './problem.ts'
import { countLines } from './raw-headers.ts'
import { asProblem } from './store/database.ts'

/** Where a tester steers. Routes below it are told to whoever misses one. */
export const controlPrefix = '/_topcalls/v1'

/** What to say instead of Fastify's own words. */
const details: Record<string, string> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'Content-Type must be application/json',
  FST_ERR_BAD_URL: 'The path has an escape that is no character',
  HPE_HEADER_OVERFLOW: 'The headers are too many or larger than 16 KiB',
  ERR_HTTP_REQUEST_TIMEOUT: 'The request did not arrive in time'
}

/** Node before 24 drops what is beyond so many, silently, were it a key or an Origin; later ones refuse it themselves. */
const mostHeaders = 1_000

/** Statuses of Node's HTTP parser that are not 400. */
const parserStatuses: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408
}

/** Sends whatever was thrown as a problem document. What nobody expected is a 500 whose text stays in the log. */
export function sendProblem(error: FastifyError | Problem, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error, request.routeOptions.bodyLimit)
  request.problem = problem
  if (problem.kind === 'internal_error') request.log.error({ requestId: request.id, err: error }, 'unexpected failure')
  if (problem.kind === 'unavailable') request.log.error({ requestId: request.id, err: problem.cause }, problem.message)
  const { status, headers, body } = renderProblem(problem, request.id, !isOurs(request.url))
  if (status === 503) reply.header('retry-after', '1')
  keepOpen(request, reply)
  // By itself Fastify adds a charset, and this media type has no such parameter.
  reply.code(status).headers(headers).serializer(String).send(body)
}

function problemOf(thrown: FastifyError | Problem, bodyLimit: number): Problem {
  const error = asProblem(thrown) as FastifyError | Problem
  if (error instanceof Problem) return error
  const { statusCode = 500, code = '', message } = error
  if (statusCode >= 500)
    return new Problem('internal_error', 'Something went wrong inside fake-topcalls; its log says more')
  if (statusCode === 413) return new Problem('payload_too_large', `The body is larger than ${bodyLimit} bytes`)
  const kind = statusCode === 400 && code.startsWith('FST_ERR_CTP') ? 'invalid_body' : kindOfStatus(statusCode)
  return new Problem(kind, details[code] ?? message)
}

/** Refuses unknown routes and methods before anything else of the request is looked at. Register it before the routes. */
export function refuseUnknownRoutes(app: FastifyInstance): void {
  const methodsByUrl = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByUrl.get(url) ?? new Set()
    for (const one of [method].flat()) methods.add(one)
    methodsByUrl.set(url, methods)
  })

  function routesBelow(prefix: string): string[] {
    return [...methodsByUrl]
      .filter(([url]) => url.startsWith(`${prefix}/`))
      .flatMap(([url, methods]) => [...methods].filter(method => method !== 'HEAD').map(method => `${method} ${url}`))
  }

  function refuse(request: FastifyRequest): never {
    const path = decodedPath(request.url)
    const methods = methodsByUrl.get(path) ?? [...methodsByUrl].find(([template]) => matches(template, path))?.[1]
    if (!methods) {
      const routes = `${path}/`.startsWith(`${controlPrefix}/`) ? routesBelow(controlPrefix) : []
      const members = routes.length > 0 ? { routes } : {}
      throw new Problem('not_found', `There is nothing at ${request.method} ${printablePath(path)}`, { members })
    }
    const allow = [...methods].join(', ')
    throw new Problem('method_not_allowed', `${printablePath(path)} takes ${allow}, not ${request.method}`, {
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
  return (
    parts.length === wanted.length &&
    wanted.every((part, index) => (part.startsWith(':') ? parts[index] !== '' : part === parts[index]))
  )
}

/** Answers in the house's way what Node's HTTP server would answer, or drop, without a body. */
export function refuseBareHttp(app: FastifyInstance, newId: () => string): void {
  // HTTP/1.1 demands a Host (RFC 9112, section 3.2); Node's own check is off, because its 400 has no body.
  app.addHook('onRequest', ({ raw }, _, done) => {
    if (raw.rawHeaders.length >= 2 * mostHeaders) {
      throw new Problem('headers_too_large', `The headers are more than ${mostHeaders}`)
    }
    if (raw.httpVersion === '1.1' && raw.headers.host === undefined) {
      throw new Problem('invalid_request', 'An HTTP/1.1 request needs a Host header')
    }
    // Node keeps the first of several; the same section demands a 400.
    if (countLines(raw, 'host') > 1) {
      throw new Problem('invalid_request', 'Send one Host header, not several')
    }
    done()
  })
  // RFC 9110, section 10.1.1: an expectation that nobody knows may be ignored.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.server.on('connect', (_, socket: Socket) => {
    // Node hands the socket over without its own listeners: unheard, a reset by the client would end the process.
    socket.on('error', () => socket.destroy()).resume()
    const problem = new Problem('method_not_allowed', 'This is no proxy', { headers: { allow: 'GET, HEAD, POST' } })
    answerInTurn(socket, renderRawProblem(problem, newId()))
  })
}

/** Answers what Node's HTTP parser refuses, which never becomes a request. */
export function answerParserErrors(newId: () => string) {
  return (error: NodeJS.ErrnoException & { reason?: string }, socket: Socket): void => {
    const { code = '', reason } = error
    const kind = kindOfStatus(parserStatuses[code] ?? 400)
    const problem = new Problem(kind, details[code] ?? `This is not a valid HTTP request${reason ? `: ${reason}` : ''}`)
    answerInTurn(socket, renderRawProblem(problem, newId()))
  }
}

const lingerMilliseconds = 500

/** Ends a connection with a message, after the answers to whole requests that came before on it. */
function answerInTurn(socket: Socket, message: Buffer): void {
  if (!socket.writable) return
  // Node keeps the answer that a socket is busy with there and has no public name for it.
  const { _httpMessage: underWay } = socket as Socket & { _httpMessage?: ServerResponse | null }
  if (underWay?.req.complete) underWay.once('close', () => answerInTurn(socket, message))
  else {
    if (isAnswered(socket)) socket.end()
    else socket.end(message)
    // Time for the client to read its answer, which a reset would take away (RFC 9112, section 9.6); one that does not hang up
    // must not keep the server from closing.
    setTimeout(() => socket.destroy(), lingerMilliseconds).unref()
  }
}
