import { Type } from 'typebox'
import { type Difference, differences, type Subject, unmatchable } from '../match.ts'
import { Problem } from '../problem.ts'
import { defaultPageSize, IdOf, milliseconds, OfAccount, paging } from '../schemas/common.ts'
import {
  Entry,
  type EntryMatch,
  Expectation,
  type Filter,
  filters,
  RequestPage,
  Verified,
  WaitFilter
} from '../schemas/request.ts'
import type { KeptEntry } from '../store/journal.ts'
import { namedAccount } from './accounts.ts'
import { answers, described, noContent, unmet } from './document.ts'
import { entryOf, hasWords } from './entries.ts'
import type { Control, ControlServices } from './services.ts'

const defaultTimeoutMilliseconds = 5_000
const longestTimeoutMilliseconds = 60_000

/** So many requests are shown that came close to what was asked for. */
const shownMisses = 3

/** Whether an entry passes a filter. */
export function passes({ account: _, since, text, ...match }: Filter, entry: KeptEntry): boolean {
  if (since !== undefined && entry.at < Date.parse(since)) return false
  const subject: Subject = { ...entry, headers: {}, body: undefined }
  return differences(match, subject).length === 0 && (text === undefined || hasWords(text, entry))
}

export function requestRoutes(control: Control, { journal, keys }: ControlServices): void {
  control.get(
    '/requests',
    {
      schema: {
        ...described('requests', 'listRequests', 'List requests, newest first'),
        querystring: Type.Object({ ...filters, ...paging }, { additionalProperties: false }),
        response: answers(200, RequestPage)
      }
    },
    async ({ query: { limit = defaultPageSize, cursor, ...filter } }) => {
      const account = namedAccount(keys, filter.account)
      const matching = journal.entries(account).filter(entry => passes(filter, entry))
      const behind = cursor === undefined ? matching : matching.filter(entry => entry.number < Number(cursor))
      const page = behind.slice(-limit).reverse()
      return {
        data: page.map(entryOf),
        next_cursor: behind.length > limit ? String(page.at(-1)?.number) : null,
        total: matching.length,
        dropped: journal.dropped(account)
      }
    }
  )

  control.get(
    '/requests/:id',
    {
      schema: {
        ...described('requests', 'getRequest', 'Read one request, by the id that its answer carried in `x-request-id`'),
        params: IdOf,
        querystring: OfAccount,
        response: answers(200, Entry)
      }
    },
    async ({ params: { id }, query }) => {
      const entry = journal.entries(namedAccount(keys, query.account)).findLast(one => one.id === id)
      if (!entry) throw new Problem('not_found', 'The journal has no request of this id')
      return entryOf(entry)
    }
  )

  control.delete(
    '/requests',
    {
      schema: {
        ...described('requests', 'clearRequests', 'Forget the requests of an account, or all'),
        querystring: OfAccount,
        response: noContent
      }
    },
    async ({ query }, reply) => {
      journal.clear(namedAccount(keys, query.account))
      return reply.code(204).send(null)
    }
  )

  control.post(
    '/requests/verify',
    {
      schema: {
        ...described(
          'requests',
          'verifyRequests',
          'Check that so many requests matched; 422 with the nearest misses if not'
        ),
        body: Expectation,
        response: answers(200, Verified, unmet)
      }
    },
    async ({ body: { account: name, match = {}, ...counts } }) => {
      const [secret, ...more] = unmatchable(match)
      if (secret) throw Problem.refusing('invalid_body', [secret, ...more])
      const account = namedAccount(keys, name)
      const compared = journal.entries(account).map(kept => compare(match, kept))
      const matched = compared.filter(one => one.differences.length === 0)
      const unmet = unmetCount(matched.length, counts)
      const dropped = journal.dropped(account)
      if (unmet) throw unmetExpectation(unmet, compared, dropped)
      return { matched: matched.length, dropped }
    }
  )

  // Who waits is answered when the server closes.
  const waiters = new Set<() => void>()
  control.addHook('preClose', async () => {
    for (const giveUp of waiters) giveUp()
  })

  control.get(
    '/requests/wait',
    {
      schema: {
        ...described(
          'requests',
          'waitForRequests',
          'Wait until so many requests match; 422 with the nearest misses after the timeout'
        ),
        querystring: WaitFilter,
        response: answers(200, Type.Object({ data: Type.Array(Entry, { description: 'Oldest first' }) }), unmet)
      }
    },
    async (request, reply) => {
      const { count: wanted = 1, timeout = String(defaultTimeoutMilliseconds), ...filter } = request.query
      const patience = milliseconds(/^\d+$/.test(timeout) ? Number(timeout) : timeout)
      if (patience > longestTimeoutMilliseconds) {
        throw Problem.refusing('invalid_request', [
          { path: 'timeout', message: 'must be at most 60 s', code: 'too_big' }
        ])
      }
      const account = namedAccount(keys, filter.account)
      const matching = () => journal.entries(account).filter(entry => passes(filter, entry))
      let seen = matching().length
      let closing = false

      if (seen < wanted) {
        await new Promise<void>(resolve => {
          const finish = () => {
            clearTimeout(timer)
            stopListening()
            waiters.delete(closeDown)
            resolve()
          }
          const closeDown = () => {
            closing = true
            finish()
          }
          const stopListening = journal.listen(entry => {
            if ((account !== undefined && entry.account_id !== account) || !passes(filter, entry) || ++seen < wanted)
              return
            // Some may have been cleared meanwhile.
            seen = matching().length
            if (seen >= wanted) finish()
          })
          const timer = setTimeout(finish, patience)
          waiters.add(closeDown)
          reply.raw.once('close', finish)
        })
      }
      const found = matching()
      if (found.length >= wanted) return { data: found.map(entryOf) }
      const { account: _, since, text, ...match } = filter
      const scope = { ...(since !== undefined && { since }), ...(text !== undefined && { text }) }
      const recent = journal.entries(account).filter(entry => passes(scope, entry))
      const compared = recent.map(kept => compare(match, kept))
      const until = closing ? 'before the server closed' : `within ${patience} ms`
      throw unmetExpectation(
        `${found.length} matched ${until}, ${wanted} were expected`,
        compared,
        journal.dropped(account)
      )
    }
  )
}

interface Compared {
  kept: KeptEntry
  differences: Difference[]
}

function compare(match: EntryMatch, kept: KeptEntry): Compared {
  // Headers and bodies are unpacked only where they are asked for.
  const { headers = {}, body } = match.headers || match.body !== undefined ? JSON.parse(kept.details) : {}
  const subject = { ...kept, headers, body }
  return { kept, differences: differences(match, subject) }
}

/** What is wrong with a count, as a sentence. */
function unmetCount(
  matched: number,
  { times, at_least, at_most }: Omit<Expectation, 'match' | 'account'>
): string | undefined {
  const least = at_least ?? (times === undefined && at_most === undefined ? 1 : 0)
  if (times !== undefined && matched !== times) return `${matched} matched, exactly ${times} were expected`
  if (matched < least) return `${matched} matched, at least ${least} were expected`
  if (at_most !== undefined && matched > at_most) return `${matched} matched, at most ${at_most} were expected`
  return undefined
}

/** The refusal that tells what to look at: what matched, and of the rest what came closest and why it missed. */
function unmetExpectation(sentence: string, compared: Compared[], dropped: number): Problem {
  const brief = ({ kept: { id, method, path, status, outcome, idempotency_key } }: Compared) => ({
    id,
    method,
    path,
    status,
    outcome,
    idempotency_key
  })
  const matched = compared.filter(one => one.differences.length === 0)
  const nearest = compared
    .filter(one => one.differences.length > 0)
    .sort((a, b) => a.differences.length - b.differences.length || b.kept.number - a.kept.number)
    .slice(0, shownMisses)
  const [closest] = nearest
  const why = closest ? `; the nearest miss has ${closest.differences.map(inWords).join(' and ')}` : ''
  const nothing = compared.length === 0 ? '; the journal has no request of this account' : ''
  const lost = dropped > 0 ? `; ${dropped} older requests were dropped and are not counted` : ''
  return new Problem('expectation_failed', `${sentence}${why}${nothing}${lost}`, {
    members: {
      matched: matched.slice(0, 100).map(brief),
      nearest: nearest.map(one => ({ ...brief(one), differences: one.differences })),
      dropped
    }
  })
}

function inWords({ path, expected, actual }: Difference): string {
  const was = actual === undefined ? 'nothing' : JSON.stringify(actual)
  return `${path} ${was.slice(0, 200)} instead of ${JSON.stringify(expected).slice(0, 200)}`
}
