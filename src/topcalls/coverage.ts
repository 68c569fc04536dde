import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isObject } from '../json.ts'
import { isOurs } from '../log.ts'
import type { Strictness } from '../modes.ts'
import type { Behaviour } from '../observed.ts'
import type { Coverage } from '../schemas/coverage.ts'
import type { AccountStore } from '../store/accounts.ts'
import { type CoverageStore, count, type KeyPast, nameOfKey, type Tally } from '../store/coverage.ts'
import { comesWith, reasons } from './coverage.reasons.ts'
import type { Need, Operation, Sent, Shown } from './coverage.shown.ts'
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
    const { account, id } = request
    const key = keyOf(request)
    const name = key === undefined ? undefined : nameOfKey(account?.id ?? null, key)
    const endedAt = performance.now()
    const before = name === undefined ? undefined : coverage.pastOf(name)
    const overlapping = before !== undefined && before.endedAt > endedAt - reply.elapsedTime
    const shown = shownBy(request, reply, (account?.clock ?? accounts.common).now(), before, overlapping)

    const tally = coverage.tallyOf(account?.id ?? null)
    look(anyway, shown, tally, id)
    if (shown.created || (request.method === 'GET' && shown.status < 400))
      look(needing.get(shown.operation), shown, tally, id)
    if (shown.violated.length > 0) look(needing.get('violated'), shown, tally, id)
    if (before) look(needing.get('before'), shown, tally, id)
    if (name !== undefined) coverage.remember(name, pastAfter(shown, request, endedAt))
  }
}

const numbered = situations.map(({ shows, needs }, number) => ({ shows, needs, number }))
const anyway = numbered.filter(({ needs }) => needs === undefined)
const needing = new Map<Need | undefined, typeof numbered>(
  [...new Set(numbered.flatMap(({ needs = [] }) => needs))].map(need => [
    need,
    numbered.filter(({ needs }) => needs?.includes(need))
  ])
)

/** Counts the situations among some that a request was in. */
function look(some: typeof numbered = [], shown: Shown, tally: Tally, id: string): void {
  for (const { shows, number } of some) if (shows(shown)) count(tally, number, id)
}

const nothingBroken: readonly string[] = []
const nothingSent: Sent = {}

function shownBy(
  request: FastifyRequest,
  reply: FastifyReply,
  now: number,
  before: KeyPast | undefined,
  overlapping: boolean
): Shown {
  const { fault, problem, committed, replayed, idempotencyKey, sentMembers, routeOptions } = request
  return {
    operation: (routeOptions.schema as { operationId?: Operation } | undefined)?.operationId,
    status: reply.statusCode,
    violated: problem?.rules ?? nothingBroken,
    created: committed && problem === undefined,
    // Faults of that phase meet successes alone, and one with a status takes the mark away.
    replayed: replayed || (fault?.phase === 'after' && !committed),
    mismatch: replayed && reply.hasHeader('idempotency-payload-mismatch'),
    // A client that waits no longer has closed its connection.
    lost: (fault !== undefined && takesTheAnswer(fault)) || request.raw.socket?.destroyed === true,
    keyed: idempotencyKey !== undefined,
    now,
    sent: sentMembers ?? nothingSent,
    query: request.query as Shown['query'],
    waiting: fault?.kind === 'pending',
    before,
    overlapping
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
  const limited = status === 429
  const earlier = done && !lost ? undefined : before
  return {
    endedAt,
    createdAt: created ? now : before?.createdAt,
    replayed: replayed || earlier?.replayed === true,
    lost: (done && lost) || earlier?.lost === true,
    limited: limited || earlier?.limited === true,
    refused: (problem !== undefined && status < 500 && !limited) || earlier?.refused === true,
    failed: (!done && !limited && ((lost && !problem) || status >= 500)) || earlier?.failed === true
  }
}

function membersOf(body: unknown): Sent {
  if (!isObject(body)) return {}
  const { trunk_type, sip_gateway, registration, inbound_auth, voip_carrier_sid } = body
  const { ipv4, port, inbound, outbound } = isObject(sip_gateway) ? sip_gateway : ({} as Record<string, unknown>)
  return { trunk_type, ipv4, port, inbound, outbound, registration, inbound_auth, voip_carrier_sid }
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
    const used = new Set(possible.filter(({ number }) => tally[number]).map(({ group }) => group))
    const judged = possible.map(({ number, missing, group, ...situation }) => {
      const { count, first } = tally[number] ?? { count: 0, first: [] }
      const demanded = missing !== undefined && (group === undefined || used.has(group))
      return { ...situation, missing, demanded, count, first }
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
