import { randomBytes } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import { Type } from 'typebox'
import { filters } from '../schemas/request.ts'
import { namedAccount } from './accounts.ts'
import { described, problem } from './document.ts'
import { briefOf, entryOf } from './entries.ts'
import { passes } from './requests.ts'
import type { Control, ControlServices } from './services.ts'

const heartbeatMilliseconds = 15_000

/** So much may wait for a slow reader; the rest stays in the journal until it has read that. */
const mostUnsentBytes = 1024 * 1024
const entriesAtOnce = 50

/** So many are looked at in one go. The search of a full journal takes tenths of a second, and others wait meanwhile. */
const entriesPerTurn = 500

/** So long what comes is gathered, after something was sent: nobody sees the difference. */
const restMilliseconds = 50

/** Entries of the journal as server-sent events, as they come. */
export function eventRoutes(control: Control, { journal, keys }: ControlServices): void {
  // Random with a seed too: a server that was started again must have another.
  const epoch = randomBytes(4).toString('hex')
  const open = new Set<() => void>()
  control.addHook('preClose', async () => {
    for (const end of open) end()
  })

  /** The number behind which a reader goes on: from now on without one, and from the first where it is of another start. */
  function placeOf(last: string | undefined): number {
    if (last === undefined) return journal.last()
    const number = Number(last.slice(last.indexOf('-') + 1))
    const isOurs = last.startsWith(`${epoch}-`) || !last.includes('-')
    return isOurs && number <= journal.last() ? number : 0
  }

  control.get(
    '/events',
    {
      // Its head would be a stream as well.
      exposeHeadRoute: false,
      schema: {
        ...described(
          'requests',
          'streamRequests',
          'Follow the journal: server-sent events of the type `request`; resumes behind `Last-Event-ID`, and begins anew behind one of an earlier start'
        ),
        querystring: Type.Object(
          {
            ...filters,
            brief: Type.Optional(
              Type.Boolean({
                description:
                  'Without headers and bodies, which are most of the work, and with events of the type `dropped`: how many the journal had no room for; default false'
              })
            ),
            follow: Type.Optional(
              Type.Boolean({ description: 'Whether to go on with what comes; false ends after what there is' })
            )
          },
          { additionalProperties: false }
        ),
        headers: Type.Object({
          'last-event-id': Type.Optional(Type.String({ pattern: '^([0-9a-f]{8}-)?[0-9]{1,15}$' }))
        }),
        response: {
          200: { description: 'Entries', content: { 'text/event-stream': { schema: Type.String() } } },
          '4xx': problem
        }
      }
    },
    (request, reply) => {
      const { brief = false, follow = true, ...filter } = request.query
      const told = brief ? briefOf : entryOf
      const account = namedAccount(keys, filter.account)

      const { raw } = reply.hijack()
      raw.writeHead(200, {
        ...(reply.getHeaders() as OutgoingHttpHeaders),
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no'
      })
      let position = placeOf(request.headers['last-event-id'])
      // Who loses the connection before anything came goes on from here.
      raw.write(`: fake-topcalls\nid: ${epoch}-${position}\n\n`)
      let dropped: number | undefined
      let sentAt = Number.NEGATIVE_INFINITY
      let due: NodeJS.Timeout | undefined
      /** Sends what the journal has behind the last one that was looked at, as far as the reader takes it. */
      const send = () => {
        clearTimeout(due)
        due = undefined
        sentAt = performance.now()
        if (brief && dropped !== journal.dropped(account) && raw.writableLength < mostUnsentBytes) {
          dropped = journal.dropped(account)
          raw.write(`event: dropped\ndata: ${dropped}\n\n`)
        }
        for (let looked = 0; raw.writableLength < mostUnsentBytes; looked += entriesAtOnce) {
          if (looked >= entriesPerTurn) {
            due = setTimeout(send)
            return
          }
          const entries = journal.after(position, entriesAtOnce, account)
          let text = ''
          for (const entry of entries) {
            position = entry.number
            if (passes(filter, entry)) {
              text += `id: ${epoch}-${entry.number}\nevent: request\ndata: ${JSON.stringify(told(entry))}\n\n`
            }
          }
          if (text !== '') raw.write(text)
          if (entries.length < entriesAtOnce) {
            if (follow) return
            // Who asks again goes on behind all that was looked at.
            raw.write(`id: ${epoch}-${position}\n\n`)
            return end()
          }
        }
      }

      /** Sends at once after a pause, and what comes in quick succession together: each write costs half as much as a request. */
      const announce = () => {
        due ??= setTimeout(send, Math.max(0, sentAt + restMilliseconds - performance.now()))
      }
      const stopListening = journal.listen(announce)
      const heartbeat = setInterval(() => raw.write(': still here\n\n'), heartbeatMilliseconds)
      const stop = () => {
        stopListening()
        raw.off('drain', send)
        clearTimeout(due)
        clearInterval(heartbeat)
        open.delete(close)
      }
      const end = () => {
        stop()
        raw.end()
      }
      const close = () => {
        send()
        end()
      }
      open.add(close)
      raw.on('drain', send)
      raw.once('close', stop)
      send()
    }
  )
}
