import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isObject } from '../json.ts'
import { isOurs } from '../log.ts'
import type { Strictness } from '../modes.ts'
import type { Behaviour } from '../observed.ts'
import type { Coverage } from '../schemas/coverage.ts'
import type { AccountStore } from '../store/accounts.ts'
import type { CoverageStore, KeyPast } from '../store/coverage.ts'
import { comesWith, reasons } from './coverage.reasons.ts'
import type { Sent, Shown, Situation } from './coverage.shown.ts'
import { situations } from './coverage.situations.ts'
import { takesTheAnswer } from './faults.ts'
import { type Rule, type RuleId, rules } from './rules.ts'

interface Options {
  coverage: CoverageStore
  accounts: AccountStore
}

const longestKey = 255

/** Notes of each request, once its answer is ready, which situations of the contract it was in. */
export function recordCoverage(app: FastifyInstance, { coverage, accounts }: Options): void {
  // The validator will fill in defaults.
  app.addHook('preValidation', (request, _, done) => {
    if (request.routeOptions.config.idempotent) request.sentMembers = membersOf(request.body)
    done()
  })

  app.addHook('onSend', (request, reply, payload, done) => {
    if (!isOurs(request.url)) note(request, reply)
    done(null, payload)
  })

  function note(request: FastifyRequest, reply: FastifyReply): void {
    const account = request.account?.id ?? null
    const key = keyOf(request)
    const endedAt = performance.now()
    const before = key === undefined ? undefined : coverage.pastOf(account, key)
    const shown: Shown = {
      ...shownBy(request, reply),
      now: accounts.clockOf(account).now(),
      before,
      overlapping: before !== undefined && before.endedAt > endedAt - reply.elapsedTime
    }
    for (let number = 0; number < situations.length; number++) {
      if ((situations[number] as Situation).shows(shown)) coverage.note(account, number, request.id)
    }
    if (key !== undefined) coverage.remember(account, key, pastAfter(shown, request, endedAt))
  }
}

function shownBy(request: FastifyRequest, reply: FastifyReply) {
  const { fault, problem, committed, replayed, idempotencyKey, sentMembers } = request
  return {
    status: reply.statusCode,
    violated: problem?.rules ?? [],
    created: committed,
    // Faults of that phase meet successes alone, and one with a status takes the mark away.
    replayed: replayed || (fault?.phase === 'after' && !committed),
    mismatch: reply.hasHeader('idempotency-payload-mismatch'),
    // A client that waits no longer has closed its connection.
    lost: (fault !== undefined && takesTheAnswer(fault)) || request.raw.socket?.destroyed === true,
    keyed: idempotencyKey !== undefined,
    sent: sentMembers ?? {}
  }
}

/** The key of a request, also where it was refused before that was looked at. */
function keyOf({ routeOptions, headers }: FastifyRequest): string | undefined {
  const key = routeOptions.config.idempotent ? headers['idempotency-key'] : undefined
  return typeof key === 'string' && key.length <= longestKey ? key : undefined
}

/** What is to be remembered of a key after a request with it. */
function pastAfter(
  { status, created, replayed, lost, now, before }: Shown,
  { problem }: FastifyRequest,
  endedAt: number
): KeyPast {
  const done = created || replayed
  const kept = done && !lost ? {} : before
  return {
    ...kept,
    endedAt,
    ...(created ? { createdAt: now } : before?.createdAt !== undefined && { createdAt: before.createdAt }),
    ...(replayed && { replayed }),
    ...(done && lost && { lost }),
    ...(status === 429 && { limited: true }),
    ...(problem && status < 500 && status !== 429 && { refused: true }),
    ...(!done && status !== 429 && ((lost && !problem) || status >= 500) && { failed: true })
  }
}

function membersOf(body: unknown): Sent {
  if (!isObject(body)) return {}
  const { trunk_type, sip_gateway, registration, inbound_auth } = body
  const { ipv4, port, inbound, outbound } = isObject(sip_gateway) ? sip_gateway : ({} as Record<string, unknown>)
  return { trunk_type, ipv4, port, inbound, outbound, registration, inbound_auth }
}

/** The situation of that name, told as what it is to a rule that comes with it; nobody asks for it twice. */
function accompanying<Judged extends { id: string; kind: string; demanded: boolean }>(
  judged: Judged[],
  name: string | undefined
): Judged[] {
  return judged.filter(({ id }) => id === name).map(one => ({ ...one, kind: 'fulfilled', demanded: false }))
}

interface Server {
  strictness: Strictness
  behaviour: Behaviour
}

/** Tells what the requests of an account, or of all, have shown. */
export function coverageReport(coverage: CoverageStore, { strictness, behaviour }: Server) {
  const possible = situations
    .map((situation, number) => ({ ...situation, number }))
    .filter(({ within, where }) => (within?.includes(strictness) ?? true) && (where?.(behaviour) ?? true))

  return (account?: string): Coverage => {
    const tally = coverage.seen(account)
    const judged = possible.map(({ number, missing, ...situation }) => {
      const { count, first } = tally[number] ?? { count: 0, first: [] }
      return { ...situation, missing, demanded: missing !== undefined, count, first }
    })
    const demanded = judged.filter(situation => situation.demanded)
    const seen = demanded.filter(({ count }) => count > 0)
    return {
      strictness,
      percent: Math.floor((seen.length * 100) / demanded.length),
      seen: seen.length,
      demanded: demanded.length,
      rules: (Object.entries(rules) as [RuleId, Rule][]).map(([rule, { source, text, unseen }]) => {
        const own = [...judged.filter(situation => situation.rule === rule), ...accompanying(judged, comesWith[rule])]
        const told = own.map(({ id, kind, text, demanded, count, first }) => ({
          id,
          kind,
          text,
          demanded,
          count,
          first
        }))
        const reason = unseen ?? reasons[rule] ?? `does not hold for this server (strictness ${strictness})`
        return { rule, source, text, situations: told, note: own.length > 0 ? null : reason }
      }),
      missing: demanded.flatMap(({ rule, id, missing, count }) =>
        count === 0 && missing !== undefined ? [{ rule, situation: id, text: missing }] : []
      )
    }
  }
}
