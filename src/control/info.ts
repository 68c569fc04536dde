import { Info } from '../schemas/info.ts'
import { answers, described } from './document.ts'
import type { Control, ControlServices } from './services.ts'

export function infoRoutes(control: Control, services: ControlServices): void {
  const { facts, carriers, phoneNumbers, records, journal, keys, faults } = services
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
        accounts: new Set([...carriers.accounts(), ...phoneNumbers.accounts(), ...records.accounts()]).size,
        carriers: carriers.count(),
        phone_numbers: phoneNumbers.count(),
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
