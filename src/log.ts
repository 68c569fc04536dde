import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { printable } from './redaction.ts'

/** The path of a request as it may be logged and repeated: decoded, without query string and without keys. */
export function printablePath(url: string): string {
  return printable(decodedPath(url))
}

const plainPath = /^\/[\w/.-]*$/

/** The path of a request target, without query string; as it was sent where it cannot be decoded. */
export function decodedPath(url: string): string {
  // The usual case; every request comes by here several times.
  if (plainPath.test(url)) return url
  // The absolute form of a target may hold a user and a password before the path (RFC 9112, section 3.2.2).
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').split(/[?#]/, 1)[0] ?? ''
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Whether a request is for the fake itself and not for what it imitates. */
export function isOurs(url: string): boolean {
  const path = decodedPath(url)
  return path.startsWith('/_topcalls/') || path === '/_topcalls'
}

/** What a log line tells of a request. Headers and bodies hold secrets and are not logged. */
export function lineOf(request: FastifyRequest, reply: FastifyReply) {
  // Members that are undefined are left out of the line.
  return {
    requestId: request.id,
    method: request.method,
    path: printablePath(request.url),
    status: reply.statusCode,
    milliseconds: Math.round(reply.elapsedTime * 100) / 100,
    account: request.account?.id,
    replayed: request.replayed || undefined
  }
}

/** One line per answer, at the level `debug` for the control plane. */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    request.log[isOurs(request.url) ? 'debug' : 'info'](lineOf(request, reply), 'answered')
    done()
  })
}
