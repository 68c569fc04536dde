import { OfAccount } from '../schemas/common.ts'
import { Coverage } from '../schemas/coverage.ts'
import { namedAccount } from './accounts.ts'
import { answers, described } from './document.ts'
import type { Control, ControlServices } from './services.ts'

export function coverageRoutes(control: Control, { coverageOf, keys }: ControlServices): void {
  control.get(
    '/coverage',
    {
      schema: {
        ...described(
          'coverage',
          'getCoverage',
          'Tell which rules the requests of an account, or of all, have exercised, and what to add'
        ),
        querystring: OfAccount,
        response: answers(200, Coverage)
      }
    },
    async ({ query }) => coverageOf(namedAccount(keys, query.account))
  )
}
