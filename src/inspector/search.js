import { connection } from './journal.js'
import { useEffect, useState } from './preact.js'
import { listen } from './stream.js'

const most = 10_000
const typingMilliseconds = 250
const restMilliseconds = 500

/** @type {ReadonlySet<string>} */
const nothing = new Set()

/**
 * The ids of the requests that have some words in headers or bodies, which only the server knows; others come as they arrive.
 * @param {string} text
 */
export function useFound(text) {
  const [found, setFound] = useState({ text: '', ids: nothing })
  const live = connection.use() === 'live'
  const wanted = text.trim()
  useEffect(() => {
    if (wanted === '' || !live) return
    const aborting = new AbortController()
    /** @type {Set<string>} */
    const ids = new Set()
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let due
    const start = setTimeout(() => {
      listen(
        { text: wanted },
        '0',
        told => {
          const before = ids.size
          for (const { entry } of told) if (entry) ids.add(entry.id)
          for (const id of ids) if (ids.size > most) ids.delete(id)
          if (ids.size > before) due ??= setTimeout(tell, restMilliseconds)
        },
        aborting.signal
      ).catch(() => {})
    }, typingMilliseconds)
    const tell = () => {
      due = undefined
      setFound({ text: wanted, ids: new Set(ids) })
    }
    return () => {
      clearTimeout(start)
      clearTimeout(due)
      aborting.abort()
    }
  }, [wanted, live])
  return found.text === wanted ? found.ids : nothing
}
