/** @import { Brief } from './types.ts' */
import { askForToken, credentials, followed, tokenWanted } from './control.js'
import { useEffect, useState } from './preact.js'

/** So many entries are kept, and at times a tenth more, so that not each one costs a copy of all. */
const most = 10_000
const slack = 1_000

/** A drawing takes milliseconds, and nobody reads faster: under load there are ten a second. */
const restMilliseconds = 100
const silenceMilliseconds = 40_000

/** What the server has told; `turn` is another with each change, `cuts` with each that took something away. */
export const journal = {
  /** @type {Brief[]} oldest first */
  entries: [],
  turn: 0,
  cuts: 0,
  /** The number of the last one. */
  last: 0
}

/** @type {ReturnType<typeof followed<'connecting' | 'live' | 'lost'>>} */
export const connection = followed('connecting')
const turn = followed(0)

/** Has a component drawn anew with the journal. */
export const useJournal = () => {
  turn.use()
  return journal
}

/** A number that changes when the journal did, at most once a second: time to ask the server again. */
export function useNews() {
  const now = turn.use()
  const [told, tell] = useState(now)
  useEffect(() => {
    if (now === told) return
    const timer = setTimeout(() => tell(turn.get()), 1_000)
    return () => clearTimeout(timer)
  }, [told, now !== told])
  return told
}

/** @type {Brief[]} */
let arrived = []
let planned = false
let drawnAt = 0

function plan() {
  if (planned) return
  planned = true
  const wait = Math.max(0, drawnAt + restMilliseconds - performance.now())
  // Frames do not come to a tab that nobody sees.
  setTimeout(() => (document.hidden ? draw() : requestAnimationFrame(draw)), document.hidden ? 1_000 : wait)
}

function draw() {
  planned = false
  drawnAt = performance.now()
  for (const entry of arrived) {
    // Numbers begin anew where the server did.
    if (entry.number <= journal.last && journal.entries.length > 0) forget()
    journal.entries.push(entry)
    journal.last = entry.number
  }
  arrived = []
  if (journal.entries.length > most + slack) {
    journal.entries = journal.entries.slice(-most)
    journal.cuts++
  }
  turn.set(++journal.turn)
}

function forget() {
  journal.entries = []
  journal.cuts++
}

/** The journal from its beginning, and then as it grows; goes on where it was when the connection was lost. */
export async function follow() {
  for (let failures = 0; ; ) {
    const before = lastNumber()
    await read().catch(() => {})
    connection.set('lost')
    failures = lastNumber() > before ? 0 : failures + 1
    if (tokenWanted.get()) await tokenGiven()
    else await new Promise(resolve => setTimeout(resolve, Math.min(5_000, 250 * 2 ** failures)))
  }
}

const lastNumber = () => arrived.at(-1)?.number ?? journal.last

async function tokenGiven() {
  while (tokenWanted.get()) await new Promise(resolve => setTimeout(resolve, 200))
}

async function read() {
  const aborting = new AbortController()
  // The server says every 15 seconds that it is still there.
  let timer = setTimeout(() => aborting.abort(), silenceMilliseconds)
  const headers = { ...credentials(), 'last-event-id': String(lastNumber()) }
  const { status, body } = await fetch('v1/events?brief=true', { headers, signal: aborting.signal })
  if (status === 401) askForToken()
  if (status !== 200 || !body) return
  connection.set('live')
  plan()
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    clearTimeout(timer)
    timer = setTimeout(() => aborting.abort(), silenceMilliseconds)
    const events = (text + value).split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) take(event)
    if (arrived.length > most) arrived = arrived.slice(-most)
    if (arrived.length > 0) plan()
  }
}

/** @param {string} event */
function take(event) {
  const fields = Object.fromEntries(event.split('\n').map(line => [line.slice(0, line.indexOf(':')), line]))
  if (!fields.data || !fields.id) return
  arrived.push({ ...JSON.parse(fields.data.slice(6)), number: Number(fields.id.slice(4)) })
}
