import type { ProblemDocument } from './problem.ts'
import type { ClockChange, ClockReading } from './schemas/clock.ts'
import type { Coverage } from './schemas/coverage.ts'
import type { Fault, FaultRequest } from './schemas/fault.ts'
import type { Info } from './schemas/info.ts'
import type { KeyInfo, KeyRequest, MintedKey } from './schemas/key.ts'
import type { StatusRequest } from './schemas/phone-number.ts'
import type { RateLimitRequest } from './schemas/rate-limit.ts'
import type { Entry, Expectation, Filter, Unmet } from './schemas/request.ts'
import type { Part, State } from './schemas/state.ts'
import type { CarrierView, PhoneNumberView, RecordView } from './schemas/storage.ts'

export interface ConnectOptions {
  /** The server's `--control-token`, if it has one. */
  token?: string | undefined
  /** The account that every call speaks of: its id or one of its keys. Without it, calls speak of all accounts. */
  account?: string | undefined
}

/** A control call that was refused, or an expectation that was not met. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly status: number
  /** The problem document; for an unmet expectation with `matched` and `nearest`. */
  readonly problem: ProblemDocument & Partial<Unmet>

  constructor(problem: ProblemDocument & Partial<Unmet>) {
    super(
      problem.errors?.length
        ? problem.errors.map(({ path, message }) => `${path} ${message}`).join('; ')
        : problem.detail
    )
    this.status = problem.status
    this.problem = problem
  }
}

/** A page of a list, newest first. */
export interface Page<Item> {
  data: Item[]
  /** For `cursor`; null on the last page. */
  next_cursor: string | null
  /** How many there are in all. */
  total: number
}

export interface Paging {
  /** 1 to 1 000; default 50. */
  limit?: number
  cursor?: string
}

type OfAll<Type> = Omit<Type, 'account'>
export type RequestFilter = OfAll<Filter>

export interface Control extends ReturnType<typeof controlCalls> {
  /** The same client, speaking of one account: its id or one of its keys. */
  forAccount(name: string): Control
}

interface Sent {
  query?: object
  body?: object
}

/** The refusal as an error; of what is no problem document it can only tell the status. */
async function refusal(answer: Response): Promise<Error> {
  if (answer.headers.get('content-type')?.startsWith('application/problem+json')) {
    return new ControlError((await answer.json()) as ControlError['problem'])
  }
  return new Error(
    `${new URL(answer.url).pathname} answered ${answer.status}: is this fake-topcalls, with its control plane?`
  )
}

/**
 * Steers a server through its control plane: one that runs in this process or any other.
 * Each call throws a ControlError when the server refuses it, and what `fetch` throws when there is no server.
 * @param url where the control plane listens, such as `http://127.0.0.1:8672`
 */
export function connect(url: string, options: ConnectOptions = {}): Control {
  return { ...controlCalls(url, options), forAccount: account => connect(url, { ...options, account }) }
}

function controlCalls(url: string, { token, account }: ConnectOptions) {
  const base = new URL(url)
  // A gateway may have the server below a path of its own.
  base.pathname = base.pathname.replace(/\/?$/, '/_topcalls/v1/')

  async function call<Answer>(method: string, path: string, { query = {}, body }: Sent = {}): Promise<Answer> {
    // A state is a document of its own; every other body names the account itself.
    const named = body && path !== 'state' ? { account, ...body } : body
    const answer = await fetch(addressOf(path, named === body ? { account, ...query } : query), {
      method,
      headers: { ...(body && { 'content-type': 'application/json' }), ...authorization() },
      ...(body && { body: JSON.stringify(named) })
    })
    if (!answer.ok) throw await refusal(answer)
    return (answer.status === 204 ? undefined : await answer.json()) as Answer
  }

  function addressOf(path: string, query: object): URL {
    const target = new URL(path, base)
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) target.searchParams.set(name, String(value))
    return target
  }

  const authorization = () => (token === undefined ? {} : { authorization: `Bearer ${token}` })
  const changeClock = (change: OfAll<ClockChange>) => call<ClockReading>('POST', 'clock', { body: change })

  return {
    clock: {
      get: () => call<ClockReading>('GET', 'clock'),
      /** Moves the clock forward: milliseconds, or a text such as `24h`. */
      advance: (duration: number | string) => changeClock({ advance: duration }),
      /** Moves the clock forward to an instant. */
      set: (instant: string | Date) => changeClock({ set: instant instanceof Date ? instant.toISOString() : instant }),
      freeze: () => changeClock({ freeze: true }),
      unfreeze: () => changeClock({ freeze: false })
    },

    faults: {
      arm: (fault: OfAll<FaultRequest>) => call<Fault>('POST', 'faults', { body: fault }),
      list: async () => (await call<{ data: Fault[] }>('GET', 'faults')).data,
      get: (id: string) => call<Fault>('GET', `faults/${encodeURIComponent(id)}`),
      /** Takes one rule away, or every one of the account. */
      disarm: (id?: string) =>
        id === undefined ? call<void>('DELETE', 'faults') : call<void>('DELETE', `faults/${encodeURIComponent(id)}`)
    },

    requests: {
      list: (filter: RequestFilter & Paging = {}) =>
        call<Page<Entry> & { dropped: number }>('GET', 'requests', { query: filter }),
      /** One request, by the `x-request-id` of its answer. */
      get: (id: string) => call<Entry>('GET', `requests/${encodeURIComponent(id)}`),
      clear: () => call<void>('DELETE', 'requests'),
      /** Throws a ControlError that tells the nearest misses when the count is not met. */
      verify: (expectation: OfAll<Expectation> = {}) =>
        call<{ matched: number; dropped: number }>('POST', 'requests/verify', { body: expectation }),
      /** Resolves once so many requests match; throws a ControlError after the timeout (5 s without one). */
      wait: async (filter: RequestFilter & { count?: number; timeout?: number | string } = {}) =>
        (await call<{ data: Entry[] }>('GET', 'requests/wait', { query: filter })).data
    },

    /** Follows the journal, from the first turn of the loop on, until it is left or the signal aborts. */
    async *events(filter: RequestFilter = {}, { signal }: { signal?: AbortSignal } = {}): AsyncGenerator<Entry> {
      const answer = await fetch(addressOf('events', { account, ...filter }), {
        headers: authorization(),
        signal: signal ?? null
      })
      if (!answer.ok || !answer.body) throw await refusal(answer)
      let text = ''
      for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
        const events = (text + chunk).split('\n\n')
        text = events.pop() ?? ''
        for (const event of events) {
          const data = event.split('\n').find(line => line.startsWith('data: '))
          if (data) yield JSON.parse(data.slice('data: '.length))
        }
      }
    },

    keys: {
      list: async () => (await call<{ data: KeyInfo[] }>('GET', 'keys')).data,
      mint: (key: OfAll<KeyRequest> = {}) => call<MintedKey>('POST', 'keys', { body: key }),
      /** Revokes one key, or every listed one of the account. */
      revoke: (id?: string) =>
        id === undefined ? call<void>('DELETE', 'keys') : call<void>('DELETE', `keys/${encodeURIComponent(id)}`)
    },

    rateLimit: {
      get: () => call<RateLimitRequest>('GET', 'rate-limits'),
      set: (limit: number, window: number | string) =>
        call<RateLimitRequest>('PUT', 'rate-limits', { body: { limit, window } }),
      lift: () => call<RateLimitRequest>('PUT', 'rate-limits', { body: { limit: null } })
    },

    state: {
      export: () => call<State>('GET', 'state'),
      /** Puts a document in the place of what there is: the whole of it or nothing. */
      import: (state: State) => call<void>('PUT', 'state', { body: state })
    },
    /** Takes everything, or the named parts, back to the seed or to nothing. */
    reset: (...parts: Part[]) => call<void>('POST', 'reset', { body: parts.length > 0 ? { parts } : {} }),

    carriers: {
      list: (paging: Paging = {}) => call<Page<CarrierView>>('GET', 'carriers', { query: paging })
    },
    phoneNumbers: {
      /** Newest first, deleted ones included. */
      list: (paging: Paging = {}) => call<Page<PhoneNumberView>>('GET', 'phone-numbers', { query: paging }),
      /** Makes a number active, inactive or failed, at once or `after` a time of the account's clock. */
      setStatus: (id: string, status: StatusRequest['status'], more: Omit<StatusRequest, 'account' | 'status'> = {}) =>
        call<PhoneNumberView>('PUT', `phone-numbers/${encodeURIComponent(id)}/status`, { body: { status, ...more } })
    },
    idempotency: {
      list: (paging: Paging = {}) => call<Page<RecordView>>('GET', 'idempotency', { query: paging }),
      /** Forgets the answer of a key, or every answer of the account. */
      evict: (key?: string) => call<{ removed: number }>('DELETE', 'idempotency', { query: { key } })
    },
    /** Which rules the requests have exercised, and what to add. */
    coverage: () => call<Coverage>('GET', 'coverage'),
    info: () => call<Info>('GET', 'info')
  }
}
