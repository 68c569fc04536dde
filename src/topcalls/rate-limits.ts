import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.ts'
import type { RateLimitStore } from '../store/rate-limits.ts'

/** Counts the requests of an account where a limit was set. Register it after authentication. */
export function rateLimiting(api: FastifyInstance, { limits }: { limits: RateLimitStore }): void {
  api.addHook('onRequest', (request, reply, done) => {
    const allowance = limits.take(request.account)
    if (!allowance) return done()
    const seconds = String(Math.ceil(allowance.resetMilliseconds / 1_000))
    reply.headers({
      'ratelimit-limit': String(allowance.limit),
      'ratelimit-remaining': String(allowance.remaining),
      'ratelimit-reset': seconds
    })
    if (allowance.allowed) return done()
    const detail = `More than ${allowance.limit} requests in the window; try again in ${seconds} s`
    throw new Problem('rate_limited', detail, { headers: { 'retry-after': seconds } })
  })
}
