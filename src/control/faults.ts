import { Type } from 'typebox'
import { Problem } from '../problem.ts'
import { IdOf, OfAccount } from '../schemas/common.ts'
import { Fault, FaultRequest, mostFaults } from '../schemas/fault.ts'
import { contradictionsOf } from '../store/fault-rules.ts'
import { namedAccount } from './accounts.ts'
import { answers, described, noContent } from './document.ts'
import type { Control, ControlServices } from './services.ts'

export function faultRoutes(control: Control, { faults, keys }: ControlServices): void {
  const List = Type.Object({ data: Type.Array(Fault) })

  control.get(
    '/faults',
    {
      schema: {
        ...described('faults', 'listFaults', 'List the rules of an account with those for all, or every rule'),
        querystring: OfAccount,
        response: answers(200, List)
      }
    },
    async ({ query }) => ({ data: faults.list(namedAccount(keys, query.account)) })
  )

  control.post(
    '/faults',
    {
      schema: {
        ...described(
          'faults',
          'armFault',
          'Arm a fault for an account, or for all. The first rule that fires is applied'
        ),
        body: FaultRequest,
        response: answers(201, Fault)
      }
    },
    async ({ body }, reply) => {
      const violations = contradictionsOf(body)
      if (violations[0]) throw Problem.refusing('invalid_body', [violations[0], ...violations.slice(1)])
      const account = namedAccount(keys, body.account) ?? null
      if (!faults.hasRoom(account))
        throw new Problem('invalid_request', `No more than ${mostFaults} rules may be armed`)
      return reply.code(201).send(faults.add(body, account))
    }
  )

  /** The rule of an id, if it is one that the call may speak of. */
  function named(id: string, name: string | undefined): Fault {
    const account = namedAccount(keys, name)
    const fault = faults.find(id)
    if (!fault || (account !== undefined && fault.account_id !== null && fault.account_id !== account)) {
      throw new Problem('not_found', 'No rule has this id')
    }
    return fault
  }

  control.get(
    '/faults/:id',
    {
      schema: {
        ...described('faults', 'getFault', 'Read a rule: how often it fired and what is left'),
        params: IdOf,
        querystring: OfAccount,
        response: answers(200, Fault)
      }
    },
    async ({ params: { id }, query }) => named(id, query.account)
  )

  control.delete(
    '/faults/:id',
    {
      schema: {
        ...described('faults', 'disarmFault', 'Take a rule away'),
        params: IdOf,
        querystring: OfAccount,
        response: noContent
      }
    },
    async ({ params: { id }, query }, reply) => {
      const fault = named(id, query.account)
      if (query.account !== undefined && fault.account_id === null) {
        throw new Problem('not_found', 'The rule of this id is for all accounts: take it away without naming one')
      }
      faults.remove(fault)
      return reply.code(204).send(null)
    }
  )

  control.delete(
    '/faults',
    {
      schema: {
        ...described('faults', 'disarmFaults', 'Take away the rules of an account, not those for all, or every rule'),
        querystring: OfAccount,
        response: noContent
      }
    },
    async ({ query }, reply) => {
      faults.clear(namedAccount(keys, query.account))
      return reply.code(204).send(null)
    }
  )
}
