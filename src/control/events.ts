import { Type } from 'typebox'
import { filters } from '../schemas/request.ts'
import { briefOf, entryOf } from '../store/journal.ts'
import { namedAccount } from './accounts.ts'
import { described, problem } from './document.ts'
import { passes } from './requests.ts'
import type { Control, ControlServices } from './services.ts'

const heartbeatMilliseconds = 15_000

/** So much may wait for a slow reader; the rest stays in the journal until it has read that. */
const mostUnsentBytes = 1024 * 1024
const entriesAtOnce = 50

/** So long what comes is gathered, after something was sent: nobody sees the difference. */
const restMilliseconds = 50

/** Entries of the journal as server-sent events, as they come. */
export function eventRoutes(control: Control, { journal, keys }: ControlServices): void {
  const open = new Set<() => void>()
  control.addHook('preClose', async () => {
    for (const end of open) end()
  })

  control.get(
    '/events',
    {
      // Its head would be a stream as well.
      exposeHeadRoute: false,
      schema: {
        ...described(
          'requests',
          'streamRequests',
          'Follow the journal: server-sent events of the type `request`; resumes behind `Last-Event-ID`'
        ),
        querystring: Type.Object(
          {
            ...filters,
            brief: Type.Optional(
              Type.Boolean({ description: 'Without headers and bodies, which are most of the work; default false' })
            )
          },
          { additionalProperties: false }
        ),
        headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' })) }),
        response: {
          200: { description: 'Entries', content: { 'text/event-stream': { schema: Type.String() } } },
          '4xx': problem
        }
      }
    },
    (request, reply) => {
      const { brief = false, ...filter } = request.query
      const told = brief ? briefOf : entryOf
      const account = namedAccount(keys, filter.account)

      const { raw } = reply.hijack()
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no'
      })
      raw.write(': fake-topcalls\n\n')
      const last = request.headers['last-event-id']
      // A number that is still to come is one of an earlier life of the server: whoever has it knows nothing of this one.
      let position = last === undefined ? journal.last() : Number(last) > journal.last() ? 0 : Number(last)
      let sentAt = Number.NEGATIVE_INFINITY
      let due: NodeJS.Timeout | undefined
      /** Sends what the journal has behind the last one that was looked at, as far as the reader takes it. */
      const send = () => {
        clearTimeout(due)
        due = undefined
        sentAt = performance.now()
        while (raw.writableLength < mostUnsentBytes) {
          const entries = journal.after(position, entriesAtOnce, account)
          let text = ''
          for (const entry of entries) {
            position = entry.number
            if (passes(filter, entry)) {
              text += `id: ${entry.number}\nevent: request\ndata: ${JSON.stringify(told(entry))}\n\n`
            }
          }
          if (text !== '') raw.write(text)
          if (entries.length < entriesAtOnce) return
        }
      }
      raw.on('drain', send)
      send()

      /** Sends at once after a pause, and what comes in quick succession together: each write costs half as much as a request. */
      const announce = () => {
        due ??= setTimeout(send, Math.max(0, sentAt + restMilliseconds - performance.now()))
      }
      const stopListening = journal.listen(announce)
      const heartbeat = setInterval(() => raw.write(': still here\n\n'), heartbeatMilliseconds)
      const end = () => {
        stopListening()
        raw.off('drain', send)
        send()
        raw.end()
      }
      open.add(end)
      raw.once('close', () => {
        stopListening()
        clearTimeout(due)
        clearInterval(heartbeat)
        open.delete(end)
      })
    }
  )
}
