import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../client.ts'
import type { VerifyConfig } from '../config.ts'
import { Failure, UsageError } from '../failure.ts'
import { isLoopbackUrl } from '../loopback.ts'
import { oneLine } from '../reports/text.ts'
import type { Info } from '../schemas/info.ts'
import { creations } from './creations.ts'
import { type Answer, exchanger, noAnswer, type Outgoing } from './exchange.ts'
import { fictionalNumbers } from './numbers.ts'
import { memberAt } from './template.ts'

/** Requests per second where the server is not on loopback. */
const politeRate = 10

/** How often a request is sent again that was answered with Retry-After, and how long that is waited for at most. */
const mostRetries = 3
const longestPauseMilliseconds = 60_000

/** After so many requests in a row that nobody answered there is no server. */
const mostSilences = 3

/** An API key and what came to be through it. */
export interface Identity {
  key: string
  /** Id of its account, where the control plane has told it. */
  account?: string
}

/** No request may be sent any more, so a case that needs one cannot be judged. */
export class SpentError extends Error {
  constructor() {
    super('the requests of --max-requests are spent')
  }
}

/** One server, and everything that a run may do to it. */
export interface Session {
  readonly url: string
  readonly server: Info | undefined
  /** Whether its data may have any name: it is this machine's, or steered by a tester. */
  readonly sandbox: boolean
  /** The key of the run, and that of another account where there is one. */
  readonly main: Identity
  readonly other: Identity | undefined
  /** Requests that were sent so far, clean-up left out. */
  requests(): number
  /** Whether so many more may be sent. */
  affords(count: number): boolean
  /** A phone number that no other case of the run has. */
  freshNumber(): string
  /** An account of its own for a case that steers it; only with a control plane. */
  freshAccount(): Promise<Identity>
  /**
   * Sends a request, again after Retry-After unless its status is wanted.
   * @throws {SpentError} instead of sending one more than --max-requests
   */
  send(outgoing: Outgoing, wanted: (status: number | undefined) => boolean): Promise<Answer>
  /** Calls the control plane, below /_topcalls/v1/. */
  steer(method: string, path: string, body: unknown): Promise<Answer>
  /** Deletes what was created, where the server can; tells how much was created and how much stays. */
  cleanUp(): Promise<{ created: number; left: number }>
}

/**
 * Looks at the server and finds the keys of the run.
 * @param stop ends whatever the run waits for; clean-up goes on
 * @throws {Failure} where there is no server
 * @throws {UsageError} where a key is needed and none was given
 */
export async function openSession(
  config: VerifyConfig,
  token: string | undefined,
  stop?: AbortSignal
): Promise<Session> {
  const { url, controlUrl = url, maxRequests } = config
  const local = isLoopbackUrl(url)
  const control = connect(controlUrl, { token })
  const api = exchanger(url)
  const plane = exchanger(controlUrl)
  const minted: Identity[] = []
  const created = creations()
  let requests = 0
  let silences = 0

  async function mint(): Promise<Identity> {
    const { key, account_id } = await control.keys.mint()
    const identity = { key, account: account_id }
    minted.push(identity)
    return identity
  }

  async function mainIdentity(): Promise<Identity> {
    if (config.key !== undefined) return { key: config.key }
    if (server) return mint()
    if (local) return { key: `tc_live_verify_${randomUUID()}` }
    throw new UsageError(`verify needs a --key for ${url}.`)
  }

  async function otherIdentity(): Promise<Identity | undefined> {
    if (config.otherKey !== undefined) return { key: config.otherKey }
    return server ? mint() : undefined
  }

  const pace = pacing(config.rate ?? (local ? undefined : politeRate))

  async function exchange(outgoing: Outgoing, stop?: AbortSignal): Promise<Answer> {
    await pace(stop)
    const answer = await api.exchange(outgoing, stop).catch((error: Error) => {
      throw stop?.aborted ? error : new Failure(`${url} cannot be reached: ${error.message}.`)
    })
    silences = answer.late ? silences + 1 : 0
    if (silences === mostSilences) throw new Failure(`${url} does not answer.`)
    return answer
  }

  async function counted(outgoing: Outgoing): Promise<Answer> {
    if (requests >= maxRequests) throw new SpentError()
    requests++
    const answer = await exchange(outgoing, stop)
    created.note(outgoing, answer)
    return answer
  }

  function steer(method: string, path: string, body: unknown): Promise<Answer> {
    const json = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const headers = {
      ...(json && { 'content-type': 'application/json', 'content-length': String(json.length) }),
      ...(token !== undefined && { authorization: `Bearer ${token}` })
    }
    return plane.exchange({ method, path: `/_topcalls/v1/${path}`, headers, body: json }, stop)
  }

  async function cleanUp(): Promise<{ created: number; left: number }> {
    // Accounts of the run itself are taken back as a whole.
    const own = new Set<unknown>(minted.flatMap(({ account, key }) => [account, `Bearer ${key}`]))
    const found = await created.deleteAll(
      outgoing => patiently(() => exchange(outgoing)),
      ({ account, authorization }) => own.has(account) || own.has(authorization)
    )
    for (const { account } of minted) {
      await control.forAccount(String(account)).reset()
      await control.forAccount(String(account)).keys.revoke()
    }
    api.close()
    plane.close()
    return found
  }

  const isExpected = config.controlUrl !== undefined || token !== undefined
  const server = config.noControl ? undefined : await lookAt(steer, isExpected)
  const main = await mainIdentity()
  const other = await otherIdentity()
  return {
    url,
    server,
    sandbox: local || server !== undefined,
    main,
    other,
    requests: () => requests,
    affords: count => requests + count <= maxRequests,
    freshNumber: fictionalNumbers(),
    freshAccount: mint,
    send: (outgoing, wanted) => patiently(() => counted(outgoing), wanted, stop),
    steer,
    cleanUp
  }
}

/** Asks again, as long as the server is too busy and says when to come back. */
async function patiently(
  ask: () => Promise<Answer>,
  wanted: (status: number | undefined) => boolean = () => false,
  stop?: AbortSignal
): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await ask()
    const pause = pauseOf(answer)
    const busy = (answer.status === 429 || answer.status === 503) && !wanted(answer.status)
    if (!busy || pause === undefined || attempt === mostRetries) return answer
    await sleep(Math.min(pause, longestPauseMilliseconds), undefined, { signal: stop })
  }
}

/** The milliseconds of Retry-After, which are given in seconds or as a date (RFC 9110, section 10.2.3). */
function pauseOf({ headers: { 'retry-after': given = '' } }: Answer): number | undefined {
  const milliseconds = /^\d+$/.test(given) ? Number(given) * 1_000 : Date.parse(given) - Date.now()
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds)
}

/** What the control plane says of the server; undefined where there is none. */
async function lookAt(steer: Session['steer'], isExpected: boolean): Promise<Info | undefined> {
  const answer = await steer('GET', 'info', undefined).catch((error: Error) => ({ ...noAnswer, text: error.message }))
  const { status, body, text } = answer
  if (status === 200 && typeof memberAt(body, 'strictness') === 'string') return body as Info
  if (!isExpected) return undefined
  const why = memberAt(body, 'detail') ?? (status === undefined ? text || 'no answer' : `it answers ${status}`)
  throw new Failure(`the control plane cannot be used: ${oneLine(String(why))}.`)
}

/** Waits before each request as long as it takes to send no more than so many in a second. */
function pacing(perSecond: number | undefined): (stop?: AbortSignal) => Promise<void> {
  if (perSecond === undefined) return async () => {}
  let next = 0
  return async stop => {
    const now = performance.now()
    const due = Math.max(now, next)
    next = due + 1_000 / perSecond
    if (due > now) await sleep(due - now, undefined, { signal: stop })
  }
}
