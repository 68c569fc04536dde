import { type Static, Type } from 'typebox'
import { authModes, strictnesses } from '../modes.ts'

/** What runs, and how much it holds. */
export const Info = Type.Object({
  version: Type.String(),
  strictness: Type.Enum(strictnesses),
  auth: Type.Enum(authModes),
  database: Type.Enum(['memory', 'file']),
  seed: Type.Union([Type.Integer(), Type.Null()]),
  observed: Type.Union(
    [
      Type.Object({
        observed_at: Type.Optional(Type.String({ format: 'date-time' })),
        url: Type.Optional(Type.String({ format: 'uri', description: 'The server that was observed' })),
        behaviour: Type.Record(Type.String(), Type.Unknown(), { description: 'As docs/fidelity.md lists it' })
      }),
      Type.Null()
    ],
    { description: 'How another server was seen to behave, which this one does as well; null without `--observed`' }
  ),
  limits: Type.Object({
    journal_entries: Type.Integer({ description: 'Entries per account' }),
    journal_bytes: Type.Integer({ description: 'Bytes of all accounts together, about' })
  }),
  counts: Type.Object({
    accounts: Type.Integer({ description: 'With something stored' }),
    carriers: Type.Integer(),
    phone_numbers: Type.Integer({ description: 'Deleted ones included' }),
    idempotency: Type.Integer({ description: 'Records, expired ones that still take room included' }),
    requests: Type.Integer({ description: 'Entries of the journal' }),
    request_bytes: Type.Integer({ description: 'What they take, about' }),
    keys: Type.Integer(),
    faults: Type.Integer()
  }),
  dropped: Type.Integer({ description: 'Entries that the journal had no room for' })
})
export type Info = Static<typeof Info>
