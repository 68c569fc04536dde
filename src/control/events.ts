import { Type } from 'typebox'
import { Filter } from '../schemas/request.ts'
import { entryOf, type KeptEntry } from '../store/journal.ts'
import { namedAccount } from './accounts.ts'
import { described, problem } from './document.ts'
import type { Control, ControlServices } from './plane.ts'
import { passes } from './requests.ts'

const heartbeatMilliseconds = 15_000

/** A reader that is so far behind is cut off; it resumes with the last event that it has. */
const mostUnsentBytes = 4 * 1024 * 1024

/** Entries of the journal as server-sent events, as they come. */
export function eventRoutes(control: Control, { journal, keys }: ControlServices): void {
  const open = new Set<() => void>()
  control.addHook('preClose', async () => {
    for (const end of open) end()
  })

  control.get(
    '/events',
    {
      schema: {
        ...described(
          'requests',
          'streamRequests',
          'Follow the journal: server-sent events of the type `request`; resumes behind `Last-Event-ID`'
        ),
        querystring: Filter,
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' })) }),
        response: {
          200: { description: 'Entries', content: { 'text/event-stream': { schema: Type.String() } } },
          '4xx': problem
        }
      }
    },
    (request, reply) => {
      const filter = request.query
      const account = namedAccount(keys, filter.account)
      const concerns = (entry: KeptEntry) =>
        (account === undefined || entry.account_id === account) && passes(filter, entry)

      const { raw } = reply.hijack()
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no'
      })
      raw.write(': fake-topcalls\n\n')
      const tell = (entry: KeptEntry) => {
        if (!concerns(entry)) return
        if (raw.writableLength > mostUnsentBytes) raw.destroy()
        else raw.write(`id: ${entry.number}\nevent: request\ndata: ${JSON.stringify(entryOf(entry))}\n\n`)
      }
      const last = request.headers['last-event-id']
      if (last !== undefined) for (const entry of journal.entries(account)) if (entry.number > Number(last)) tell(entry)

      const stopListening = journal.listen(tell)
      const heartbeat = setInterval(() => raw.write(': still here\n\n'), heartbeatMilliseconds)
      const end = () => {
        stopListening()
        raw.end()
      }
      open.add(end)
      raw.once('close', () => {
        stopListening()
        clearInterval(heartbeat)
        open.delete(end)
      })
    }
  )
}
