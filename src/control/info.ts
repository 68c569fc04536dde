import { type Static, Type } from 'typebox'
import { authModes, strictnesses } from '../modes.ts'
import { answers, described } from './document.ts'
import type { Control, ControlServices } from './plane.ts'

/** What does not change while the server runs. */
export interface ServerFacts {
  version: string
  strictness: (typeof strictnesses)[number]
  auth: (typeof authModes)[number]
  database: 'memory' | 'file'
  seed: number | null
  journal: { entries: number; bytes: number }
}

export const Info = Type.Object({
  version: Type.String(),
  strictness: Type.Enum(strictnesses),
  auth: Type.Enum(authModes),
  database: Type.Enum(['memory', 'file']),
  seed: Type.Union([Type.Integer(), Type.Null()]),
  limits: Type.Object({
    journal_entries: Type.Integer({ description: 'Entries per account' }),
    journal_bytes: Type.Integer({ description: 'Bytes of all accounts together, about' })
  }),
  counts: Type.Object({
    accounts: Type.Integer({ description: 'With something stored' }),
    carriers: Type.Integer(),
    idempotency: Type.Integer({ description: 'Records, expired ones that still take room included' }),
    requests: Type.Integer({ description: 'Entries of the journal' }),
    request_bytes: Type.Integer({ description: 'What they take, about' }),
    keys: Type.Integer(),
    faults: Type.Integer()
  }),
  dropped: Type.Integer({ description: 'Entries that the journal had no room for' })
})

export type Info = Static<typeof Info>

export function infoRoutes(control: Control, services: ControlServices): void {
  const { facts, carriers, records, journal, keys, faults } = services
  const { journal: limits, ...rest } = facts

  control.get(
    '/info',
    {
      schema: {
        ...described('server', 'getInfo', 'What runs here, and how much it holds'),
        response: answers(200, Info)
      }
    },
    async () => ({
      ...rest,
      limits: { journal_entries: limits.entries, journal_bytes: limits.bytes },
      counts: {
        accounts: new Set([...carriers.accounts(), ...records.accounts()]).size,
        carriers: carriers.count(),
        idempotency: records.count(),
        requests: journal.size(),
        request_bytes: journal.bytes(),
        keys: keys.list().length,
        faults: faults.size()
      },
      dropped: journal.dropped()
    })
  )
}
