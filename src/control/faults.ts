import { Type } from 'typebox'
import { Problem, type Violation } from '../problem.ts'
import { milliseconds, OfAccount } from '../schemas/common.ts'
import { Fault, FaultRequest, longestDelayMilliseconds } from '../schemas/fault.ts'
import { mostFaults } from '../store/faults.ts'
import { namedAccount } from './accounts.ts'
import { answers, described, noContent } from './document.ts'
import type { Control, ControlServices } from './plane.ts'

/** Members that only one kind of fault has. */
const membersOfKinds = {
  status: ['status', 'problem', 'headers'],
  delay: ['delay'],
  slow: ['bytes_per_second']
} satisfies { [kind: string]: (keyof FaultRequest)[] }

/** Headers by which the server says where an answer ends; another value would break the connection, not the answer. */
const framing = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'upgrade', 'trailer'])

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
      const violations = violationsOf(body)
      if (violations[0]) throw Problem.refusing('invalid_body', [violations[0], ...violations.slice(1)])
      const account = namedAccount(keys, body.account) ?? null
      if (faults.size() >= mostFaults)
        throw new Problem('invalid_request', `No more than ${mostFaults} rules may be armed`)
      return reply.code(201).send(faults.add(body, account))
    }
  )

  control.get(
    '/faults/:id',
    {
      schema: {
        ...described('faults', 'getFault', 'Read a rule: how often it fired and what is left'),
        params: Type.Object({ id: Type.String() }),
        response: answers(200, Fault)
      }
    },
    async ({ params: { id } }) => faults.get(id) ?? notFound()
  )

  control.delete(
    '/faults/:id',
    {
      schema: {
        ...described('faults', 'disarmFault', 'Take a rule away'),
        params: Type.Object({ id: Type.String() }),
        response: noContent
      }
    },
    async ({ params: { id } }, reply) => (faults.remove(id) ? reply.code(204).send(null) : notFound())
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

function notFound(): never {
  throw new Problem('not_found', 'No rule has this id')
}

/** What the schema cannot say: which members belong together. */
function violationsOf(fault: FaultRequest): Violation[] {
  const violations: Violation[] = []
  const refuse = (path: string, message: string, code: Violation['code'] = 'custom') =>
    violations.push({ path, message, code })

  for (const [kind, members] of Object.entries(membersOfKinds)) {
    for (const member of members) {
      if (fault[member] !== undefined && fault.kind !== kind) refuse(member, `is for faults of the kind "${kind}"`)
    }
  }
  if (fault.kind === 'delay' && fault.delay === undefined) refuse('delay', 'is required with "delay"', 'required')
  if (milliseconds(fault.delay ?? 0) > longestDelayMilliseconds)
    refuse('delay', 'must be at most 10 minutes', 'too_big')
  for (const name of Object.keys(fault.headers ?? {})) {
    if (framing.has(name.toLowerCase())) refuse(`headers.${name}`, 'is for the server to say')
  }
  return violations
}
