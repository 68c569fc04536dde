import { type Static, Type } from 'typebox'
import { strictnesses } from '../modes.ts'

export const coverageKinds = ['fulfilled', 'violated'] as const
export type CoverageKind = (typeof coverageKinds)[number]

const Situation = Type.Object({
  id: Type.String(),
  kind: Type.Enum(coverageKinds, { description: 'Whether the request kept the rule or broke it' }),
  text: Type.String({ description: 'What was done' }),
  demanded: Type.Boolean({ description: 'Whether it counts for `percent`' }),
  count: Type.Integer({ description: 'Requests that did it' }),
  first: Type.Array(Type.String({ format: 'uuid' }), {
    description: 'Ids of the first three of them; of all accounts together, of the accounts that came first'
  })
})

const CoveredRule = Type.Object({
  rule: Type.String({ description: 'Id, as in docs/fidelity.md' }),
  source: Type.Enum(['documented', 'inferred', 'fake']),
  text: Type.String({ description: 'What it says' }),
  situations: Type.Array(Situation, {
    description: 'What a request can do about it, under the strictness of the server'
  }),
  note: Type.Union([Type.String(), Type.Null()], { description: 'Where it has no situations: why' })
})

/** Which rules of the contract the requests have exercised. */
export const Coverage = Type.Object(
  {
    strictness: Type.Enum(strictnesses),
    percent: Type.Integer({ description: '`seen` of `demanded`, rounded down' }),
    seen: Type.Integer({ description: 'Demanded situations that some request was in' }),
    demanded: Type.Integer({ description: 'Situations that a suite should have, under the strictness of the server' }),
    rules: Type.Array(CoveredRule),
    missing: Type.Array(
      Type.Object({
        rule: Type.String(),
        situation: Type.String({ description: 'Its id' }),
        text: Type.String({ description: 'What to add, in words' })
      })
    )
  },
  { $id: 'Coverage' }
)
export type Coverage = Static<typeof Coverage>
