import type { Answer, Outgoing } from './exchange.ts'
import { memberAt } from './template.ts'

/** What a run has created on a server, so that it can be deleted afterwards. */
export interface Creations {
  /** Notes what a request has created or deleted. */
  note(outgoing: Outgoing, answer: Answer): void
  /**
   * Deletes what is there still, the newest first, since a carrier with phone numbers cannot be deleted.
   * @param isSpared tells what goes otherwise
   */
  deleteAll(
    ask: (outgoing: Outgoing) => Promise<Answer>,
    isSpared: (one: Created) => boolean
  ): Promise<{ created: number; left: number }>
}

export interface Created {
  /** Path of the collection that it is in. */
  collection: string
  /** Undefined where the answer has none in a place where one would look for it. */
  id: string | undefined
  authorization: string
  /** Id of its account, as answered. */
  account: unknown
}

export function creations(): Creations {
  const created: Created[] = []
  /** Paths of what the run itself has deleted. */
  const gone = new Set<string>()

  function note({ path, method, headers }: Outgoing, { status = 0, body, headers: answered }: Answer): void {
    if (status < 200 || status >= 300) return
    const [plain = path] = path.split('?')
    if (method === 'DELETE') gone.add(plain)
    const isReplay = Object.keys(answered).some(name => name.endsWith('-replayed'))
    if (method !== 'POST' || isReplay) return
    const found = memberAt(body, 'id') ?? memberAt(body, 'data.id')
    const id = typeof found === 'string' || typeof found === 'number' ? String(found) : undefined
    if (id !== undefined && created.some(one => one.id === id)) return
    const account = memberAt(body, 'account_id')
    created.push({ collection: plain, id, authorization: String(headers.authorization), account })
  }

  async function deleteAll(
    ask: (outgoing: Outgoing) => Promise<Answer>,
    isSpared: (one: Created) => boolean
  ): Promise<{ created: number; left: number }> {
    /** Whether deletion works, by collection; absent until it was tried. */
    const works = new Map<string, boolean>()
    let left = 0
    for (const one of created.toReversed()) {
      const { collection, id, authorization } = one
      const segment = segmentOf(id)
      const path = `${collection}/${segment}`
      if (isSpared(one) || gone.has(path)) continue
      if (segment === undefined || works.get(collection) === false) {
        left++
        continue
      }
      const { status = 0 } = await ask({ method: 'DELETE', path, headers: { authorization } })
      const isDeleted = status >= 200 && status < 300
      if (isDeleted) works.set(collection, true)
      // Where others could be deleted, it is gone already.
      else if (status !== 404 || !works.has(collection)) left++
      // A server without this operation answers all of them so, and one that stays busy need not be asked for each.
      const isUnknown = !works.has(collection) && (status === 404 || status === 405)
      if (isUnknown || status === 429 || status === 503) works.set(collection, false)
    }
    return { created: created.length, left }
  }

  return { note, deleteAll }
}

/** An id as a segment of a path; undefined for what is none, or would lead to another path (RFC 3986, section 5.2.4). */
function segmentOf(id: string | undefined): string | undefined {
  return id === undefined || /^\.{0,2}$/.test(id) ? undefined : encodeURIComponent(id)
}
