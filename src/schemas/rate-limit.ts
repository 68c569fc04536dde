import { type Static, Type } from 'typebox'
import { AccountName, Duration } from './common.ts'

/** So many requests in a window of the account's clock, which begins with the first of them. */
export const RateLimit = Type.Object(
  {
    limit: Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: 'Requests per window' }),
    window: Duration('Length of the window', 1)
  },
  { $id: 'RateLimit', additionalProperties: false }
)
export type RateLimit = Static<typeof RateLimit>

/** A limit to set, or `limit: null` to lift it. */
export const RateLimitRequest = Type.Object(
  {
    account: Type.Optional(AccountName),
    limit: Type.Union([RateLimit.properties.limit, Type.Null()], { description: 'Requests per window; null lifts it' }),
    window: Type.Optional(RateLimit.properties.window)
  },
  { $id: 'RateLimitRequest', additionalProperties: false }
)
export type RateLimitRequest = Static<typeof RateLimitRequest>
