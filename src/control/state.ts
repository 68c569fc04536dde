import { Problem, type Violation } from '../problem.ts'
import { OfAccount } from '../schemas/common.ts'
import { ResetRequest, State } from '../schemas/state.ts'
import { contradictionsIn } from '../store/state-document.ts'
import { namedAccount } from './accounts.ts'
import { answers, described, noContent } from './document.ts'
import type { Control, ControlServices } from './services.ts'

export function stateRoutes(control: Control, { state, keys }: ControlServices): void {
  control.get(
    '/state',
    {
      schema: {
        ...described(
          'state',
          'exportState',
          'Export everything of an account, or of all, but the requests; without keys and passwords'
        ),
        querystring: OfAccount,
        response: answers(200, State)
      }
    },
    async ({ query }) => state.export(namedAccount(keys, query.account))
  )

  control.put(
    '/state',
    {
      schema: {
        ...described('state', 'importState', 'Replace everything of an account, or of all, by a document'),
        querystring: OfAccount,
        body: State,
        response: noContent
      }
    },
    async ({ query, body }, reply) => {
      const account = namedAccount(keys, query.account)
      const [first, ...more] = [...contradictionsIn(body), ...keysOfOthers(body, account)]
      if (first) throw Problem.refusing('invalid_body', [first, ...more])
      if (account !== undefined && !body.accounts.some(one => one.account_id === account)) {
        const message = 'must have an entry for the account that the call names'
        throw Problem.refusing('invalid_body', [{ path: 'accounts', message, code: 'required' }])
      }
      await state.import(body, account)
      return reply.code(204).send(null)
    }
  )

  /** A call that speaks of one account must not take a key away from another. */
  function keysOfOthers({ accounts }: State, account: string | undefined): Violation[] {
    if (account === undefined) return []
    return accounts.flatMap(({ account_id, keys: listed = [] }, index) =>
      listed.flatMap((key, number) => {
        const path = `accounts.${index}.keys.${number}`
        const taken = account_id === account && keys.isOfAnother(key, account)
        return taken ? [{ path, message: 'is listed for another account', code: 'custom' as const }] : []
      })
    )
  }

  control.post(
    '/reset',
    {
      schema: {
        ...described(
          'state',
          'reset',
          'Take an account, or all, or parts of them, back to the seed file, or to nothing'
        ),
        body: ResetRequest,
        response: noContent
      }
    },
    async ({ body: { account, parts } }, reply) => {
      await state.reset(namedAccount(keys, account), parts)
      return reply.code(204).send(null)
    }
  )
}
