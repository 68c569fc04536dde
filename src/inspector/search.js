import { connection, useNews } from './journal.js'
import { useEffect, useRef, useState } from './preact.js'
import { listen } from './stream.js'

const most = 10_000
const typingMilliseconds = 250

/** @type {ReadonlySet<string>} */
const nothing = new Set()
/** What is known of a search. @type {{ text: string, ids: ReadonlySet<string>, last: string }} */
const unknown = { text: '', ids: nothing, last: '0' }

/**
 * The ids of the requests that have some words in headers or bodies, which only the server knows. It is asked again when
 * something came, and not followed: a browser has no more than six connections to a server, for all of its tabs.
 * @param {string} text
 */
export function useFound(text) {
  const [found, setFound] = useState(unknown)
  const known = useRef(found)
  const news = useNews()
  const live = connection.use() === 'live'
  const wanted = text.trim()
  useEffect(() => {
    if (wanted === '' || !live) return
    const aborting = new AbortController()
    const before = known.current.text === wanted ? known.current : { ...unknown, text: wanted }
    const seek = async () => {
      const ids = new Set(before.ids)
      let { last } = before
      /** @param {import('./types.ts').Told[]} told */
      const take = told => {
        for (const { id = last, entry } of told) {
          last = id
          if (entry) ids.add(entry.id)
        }
      }
      try {
        await listen({ text: wanted, follow: 'false' }, last, take, aborting.signal)
      } finally {
        for (const id of ids) if (ids.size > most) ids.delete(id)
        // Also where it was broken off, so that a search comes to its end however fast news come.
        known.current = { text: wanted, ids: ids.size > before.ids.size ? ids : before.ids, last }
        setFound(known.current)
      }
    }
    const timer = setTimeout(() => seek().catch(() => {}), before.last === '0' ? typingMilliseconds : 0)
    return () => {
      clearTimeout(timer)
      aborting.abort()
    }
  }, [wanted, live, news])
  return found.text === wanted ? found.ids : nothing
}
