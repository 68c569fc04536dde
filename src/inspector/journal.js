/** @import { Brief, Told } from './types.ts' */
import { followed, tokenWanted } from './control.js'
import { useEffect, useState } from './preact.js'
import { listen } from './stream.js'

/** So many entries are kept, and at times a tenth more, so that not each one costs a copy of all. */
const most = 10_000
const slack = 1_000

/** A drawing takes milliseconds, and nobody reads faster: under load there are ten a second. */
const restMilliseconds = 100

/** What the server has told; `turn` is another with each change, `cuts` with each that took something away. */
export const journal = {
  /** @type {Brief[]} oldest first */
  entries: [],
  turn: 0,
  cuts: 0,
  /** The number of the last one. */
  last: 0,
  /** How many the server had no room for, and how many are no longer kept here. */
  dropped: 0,
  gone: 0
}

/** @type {ReturnType<typeof followed<'connecting' | 'live' | 'locked' | 'lost'>>} */
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
let number = 0
/** The id of what was told last. */
let place = '0'
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
  journal.entries.push(...arrived)
  journal.last = number
  arrived = []
  if (journal.entries.length > most + slack) {
    journal.gone += journal.entries.length - most
    journal.entries = journal.entries.slice(-most)
    journal.cuts++
  }
  turn.set(++journal.turn)
}

/** The journal from its beginning, and then as it grows; goes on where it was when the connection was lost. */
export async function follow() {
  for (let failures = 0; ; failures++) {
    await listen({}, place, told => {
      failures = 0
      connection.set('live')
      for (const one of told) take(one)
      plan()
    }).catch(() => {})
    connection.set(tokenWanted.get() ? 'locked' : 'lost')
    if (tokenWanted.get()) await tokenGiven()
    else await new Promise(resolve => setTimeout(resolve, Math.min(5_000, 250 * 2 ** failures)))
  }
}

async function tokenGiven() {
  while (tokenWanted.get()) await new Promise(resolve => setTimeout(resolve, 200))
}

/** @param {Told} told */
function take({ id = place, entry, dropped = journal.dropped }) {
  if (epochOf(id) !== epochOf(place)) {
    // The server was started again, and what it did before is over.
    Object.assign(journal, { entries: [], cuts: journal.cuts + 1, gone: 0 })
    arrived = []
  }
  place = id
  journal.dropped = dropped
  if (entry) arrived.push({ ...entry, number: ++number })
  if (arrived.length > most + slack) arrived = arrived.slice(-most)
}

/** @param {string} id */
const epochOf = id => id.split('-')[0]
