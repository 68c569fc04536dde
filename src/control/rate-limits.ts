import { Type } from 'typebox'
import { Problem } from '../problem.ts'
import { OfAccount } from '../schemas/common.ts'
import { RateLimit, RateLimitRequest } from '../schemas/rate-limit.ts'
import { namedAccount } from './accounts.ts'
import { answers, described } from './document.ts'
import type { Control, ControlServices } from './services.ts'

export function rateLimitRoutes(control: Control, { limits, keys }: ControlServices): void {
  const Answer = Type.Object({
    limit: Type.Union([RateLimit.properties.limit, Type.Null()], { description: 'null: there is no limit' }),
    window: Type.Optional(RateLimit.properties.window)
  })
  const current = (account: string | undefined) => limits.get(account) ?? { limit: null }

  control.get(
    '/rate-limits',
    {
      schema: {
        ...described('rate limits', 'getRateLimit', 'Read the limit of an account, or the one for all'),
        querystring: OfAccount,
        response: answers(200, Answer)
      }
    },
    async ({ query }) => current(namedAccount(keys, query.account))
  )

  control.put(
    '/rate-limits',
    {
      schema: {
        ...described(
          'rate limits',
          'setRateLimit',
          'Set or lift the limit of an account, or of all; their windows begin anew'
        ),
        body: RateLimitRequest,
        response: answers(200, Answer)
      }
    },
    async ({ body: { account: name, limit, window } }) => {
      const account = namedAccount(keys, name)
      if (limit === null) limits.set(account, null)
      else if (window === undefined) {
        throw Problem.refusing('invalid_body', [
          { path: 'window', message: 'is required with a limit', code: 'required' }
        ])
      } else limits.set(account, { limit, window })
      return current(account)
    }
  )
}
