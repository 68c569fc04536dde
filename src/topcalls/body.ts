import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parseJson, refusedJson } from '../json-body.ts'
import { Problem } from '../problem.ts'

/** Largest body in bytes. No real carrier comes near it (F). */
export const bodyLimit = 65_536

/** A body as it was sent. */
export interface SentBody {
  bytes: number
  /** Its text, once it is known to be JSON that the parser takes. */
  json?: string
  /** Whether an object has two members of one name. */
  duplicates: boolean
}

/** Takes JSON in UTF-8 as it was sent, and nothing else. */
export function jsonBodies(api: FastifyInstance): void {
  api.addHook('onRequest', ({ headers, routeOptions }, _, done) => {
    if (!routeOptions.schema?.body) return done()
    const coding = headers['content-encoding']?.toLowerCase()
    if (coding && coding !== 'identity') {
      throw new Problem('unsupported_media_type', 'The body must not be compressed: leave out Content-Encoding', {
        headers: { 'accept-encoding': 'identity' },
        rules: ['E9']
      })
    }
    // A request without body and content type would pass by the parsers.
    const empty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
    if (empty && headers['content-type'] === undefined) {
      throw refusedJson('is missing; send a JSON object', 'required')
    }
    done()
  })

  api.removeAllContentTypeParsers()
  api.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    request.sentBody = { bytes: body.length, duplicates: false }
    // Some clients name the type with every request, also where there is no body.
    if (!request.routeOptions.schema?.body) return undefined
    const { value, text, duplicates } = parseJson(body)
    request.sentBody = { bytes: body.length, json: text, duplicates }
    return value
  })
  // Some clients name a form as the type of every request, a DELETE without body included.
  api.addContentTypeParser('*', ({ routeOptions }, _, done) => {
    const isJudged = routeOptions.schema?.body !== undefined
    done(isJudged ? new Problem('unsupported_media_type', 'Content-Type must be application/json') : null)
  })
}
