/** @import { Brief, Step, Thread } from './types.ts' */
import { visible } from './text.js'

export const windowMilliseconds = 24 * 3_600_000

/** @param {Pick<Brief, 'account_id' | 'idempotency_key'>} entry */
export const threadId = ({ account_id, idempotency_key }) => `${account_id ?? '-'}/${idempotency_key}`

/** The requests of each idempotency key, the latest key first. @param {Brief[]} entries */
export function threadsOf(entries) {
  /** @type {Map<string, Thread>} */
  const threads = new Map()
  for (const entry of entries) {
    if (entry.idempotency_key === null) continue
    const id = threadId(entry)
    const thread = threads.get(id) ?? { id, account: entry.account_id, key: entry.idempotency_key, entries: [] }
    thread.entries.push(entry)
    // A map keeps the order in which its keys came.
    threads.delete(id)
    threads.set(id, thread)
  }
  return [...threads.values()].reverse()
}

/** What became of each request of a key. @param {Brief[]} entries @returns {Step[]} */
export function stepsOf(entries) {
  /** @type {Brief | undefined} */
  let made
  return entries.map(entry => {
    const step = { entry, ...whatBecame(entry, made) }
    if (entry.committed) made = entry
    return step
  })
}

/** @param {Brief} entry @param {Brief | undefined} made @returns {Pick<Step, 'kind' | 'text'>} */
function whatBecame({ outcome, committed, fault, findings, rules, status, at }, made) {
  const reused = findings.some(({ code }) => code === 'idempotency_key_reused')
  const why = fault ? `fault ${visible(fault.kind)}` : ''
  if (committed) {
    const expired = made && Date.parse(at) - Date.parse(made.at) >= windowMilliseconds
    const again = expired
      ? ' again, since the 24 hours were over'
      : made
        ? ' again, since its answer was forgotten'
        : ''
    if (outcome === 'faulted') return { kind: 'lost', text: `Created${again}, and the answer was lost (${why})` }
    return { kind: made ? 'again' : 'created', text: `Created${again}` }
  }
  if (reused) {
    const instead = outcome === 'refused' ? 'was refused' : 'got the first answer'
    return { kind: 'mismatch', text: `Another request with the same key ${instead}` }
  }
  if (outcome === 'faulted') {
    const text = fault?.phase === 'after' ? `The first answer again, and it was lost (${why})` : `Not handled (${why})`
    return { kind: fault?.phase === 'after' ? 'lost' : 'failed', text }
  }
  if (outcome === 'replayed') return { kind: 'replayed', text: 'Got the first answer again' }
  return {
    kind: 'refused',
    text: `Refused with ${status}${rules.length > 0 ? `: ${rules.map(visible).join(', ')}` : ''}`
  }
}

/** Whether a key did what it is for, as a sentence. @param {Thread} thread */
export function verdictOf({ entries }) {
  const thing = entries[0]?.path.endsWith('/carriers') ? 'carrier' : 'phone number'
  const made = entries.filter(({ committed }) => committed).length
  const others = entries.length - 1
  if (made === 0) return { good: false, text: `No ${thing} was created.` }
  if (made > 1) return { good: false, text: `${made} were created: the key had become free in between.` }
  if (others === 0) return { good: true, text: `One ${thing} was created.` }
  return {
    good: true,
    text: `One ${thing} was created; ${others === 1 ? 'the other request' : `the ${others} other requests`} made no second one.`
  }
}
