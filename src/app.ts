import swagger from '@fastify/swagger'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
  type onRequestHookHandler
} from 'fastify'
import type { Chance } from './chance.ts'
import { type Clock, createClock, frozenClock, parseInstant } from './clock.ts'
import { compilers } from './compilers.ts'
import { keepApart } from './connection.ts'
import type { GuardOptions } from './control/guard.ts'
import { healthRoutes } from './control/health.ts'
import { pages } from './control/pages.ts'
import { UsageError } from './failure.ts'
import { handOver, idBefore } from './hand-over.ts'
import { answerParserErrors, controlPrefix, refuseBareHttp, refuseUnknownRoutes, sendProblem } from './http-errors.ts'
import { checkedKeys } from './key-file.ts'
import { logRequests } from './log.ts'
import type { AuthMode, Durability, Strictness } from './modes.ts'
import { checkedObserved, guesses, type Observed } from './observed.ts'
import { ProblemDocument } from './problem.ts'
import type { ApiKey } from './schemas/key.ts'
import type { State } from './schemas/state.ts'
import { checkedState } from './seed-file.ts'
import { type JournalLimits, journalDefaults } from './store/journal.ts'
import { openStores } from './store/stores.ts'
import { authentication, authorization, identification } from './topcalls/auth.ts'
import { bodyLimit, jsonBodies } from './topcalls/body.ts'
import { carrierRoutes } from './topcalls/carriers.ts'
import { coverageReport, recordCoverage } from './topcalls/coverage.ts'
import { openApiOptions } from './topcalls/document.ts'
import { faultInjection } from './topcalls/faults.ts'
import { idempotency } from './topcalls/idempotency.ts'
import { recordRequests } from './topcalls/journal.ts'
import { refuseForeignPages } from './topcalls/pages.ts'
import { phoneNumberRoutes } from './topcalls/phone-numbers.ts'
import { typeProblems } from './topcalls/problems.ts'
import { rateLimiting } from './topcalls/rate-limits.ts'
import { version } from './version.ts'

export interface ControlOptions extends GuardOptions {
  /** A port of its own for the control plane, 0 for any free one; without it both share the port. */
  port?: number | undefined
}

export interface AppOptions {
  /** SQLite file, or `:memory:` (the default). It is created where it is missing. */
  database?: string
  /** When an answer may be sent: `full` (the default), after the disk has it; `relaxed`, after the operating system has it. */
  durability?: Durability | undefined
  /** The keys that are listed from the start. */
  keys?: ApiKey[] | undefined
  /** `list`: only listed keys count; `any`: each other well-formed key is an account of its own. Default: `list` with `keys`, else `any`. */
  auth?: AuthMode | undefined
  /** Which rules are enforced; default `inferred`. */
  strictness?: Strictness
  /** How another server was seen to behave where TopCalls documents nothing, as `verify --save` writes it. */
  observed?: Observed | undefined
  /** The clock of all accounts that are not steered apart, or an RFC 3339 instant at which it stands still. */
  clock?: Clock | string | undefined
  /** With it, ids and dice come from a sequence per account and are the same in each run. */
  seed?: number | undefined
  /** A state to start with, as the control plane exports it; a reset leads back to it. */
  state?: State | undefined
  /** Bounds of the journal of requests; default 10 000 entries per account and 16 MiB in all. */
  journal?: Partial<JournalLimits> | undefined
  /** How the control plane may be reached; `false`: not at all. */
  control?: ControlOptions | false | undefined
  /** A pino logger; without one nothing is logged. */
  logger?: FastifyBaseLogger | undefined
}

/** How long the server waits for its clients, in milliseconds. docs/reliability.md says so to them. */
const patience = {
  /** For a whole request; a slower one is answered 408. */
  requestTimeout: 60_000,
  /** For its head, which also ends connections on which nothing ever comes. */
  headersTimeout: 60_000,
  /** For the next request on a connection: longer than the minute that clients and proxies keep theirs. */
  keepAliveTimeout: 72_000,
  /** For a connection on which nothing moves, such as that of a client which never reads; longer than any delay of a fault. */
  connectionTimeout: 660_000,
  /** How often Node looks, so that a limit may be passed by as much; by itself it does so twice a minute. */
  connectionsCheckingInterval: 5_000
}

/** Bytes of a request's head; Node's default, which an option of the command line would change. */
const maxHeaderSize = 16_384

declare module 'fastify' {
  interface FastifyInstance {
    /** The server of the control plane, where it has a port of its own. */
    controlApp: FastifyInstance | undefined
  }
}

/**
 * Builds the server without listening. Closing it closes the database.
 * @throws {DatabaseError} when the database cannot be used
 * @throws {UsageError} when a key of the list, the state, what was observed or the instant of the clock is not acceptable
 */
export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const { database = ':memory:', durability = 'full', strictness = 'inferred', logger, control = {}, seed } = options
  const { auth = options.keys ? 'list' : 'any' } = options
  const clock = typeof options.clock === 'string' ? clockAt(options.clock) : (options.clock ?? createClock())
  const observed = options.observed && checkedObserved(options.observed)
  const behaviour = { ...guesses, ...observed?.behaviour }
  const journalLimits = { ...journalDefaults, ...options.journal }
  const stores = await openStores({
    database,
    durability,
    clock,
    seed,
    auth,
    keys: checkedKeys(options.keys ?? []),
    state: options.state && checkedState(options.state),
    journal: journalLimits
  })
  const { chance } = stores

  const common = { chance, logger, onArrival: identification(stores) }
  async function controlServer({
    isInside,
    ...guarded
  }: GuardOptions & { isInside: boolean }): Promise<FastifyInstance> {
    const { controlPlane } = await import('./control/plane.ts')
    const kind = database === ':memory:' ? ('memory' as const) : ('file' as const)
    const facts = {
      version: version(),
      strictness,
      auth,
      database: kind,
      seed: seed ?? null,
      observed: observed ?? null,
      journal: journalLimits
    }
    const services = { ...stores, facts, coverageOf: coverageReport(stores.coverage, { strictness, behaviour }) }
    const server = createServer({ ...common, isInside })
    await server.register(scope => controlPlane(scope, services, guarded), { prefix: controlPrefix })
    return server
  }

  const isBeside = control && control.port === undefined
  const app = createServer({
    ...common,
    handedOver: isBeside ? () => controlServer({ ...control, isInside: true }) : undefined
  })
  await app.register(swagger, openApiOptions(observed))
  app.addHook('onClose', async () => stores.close())
  typeProblems(app, behaviour)
  const injection = faultInjection(app, stores)
  injection.decide()
  recordRequests(app, stores)
  // Nobody could read it without a control plane.
  if (control) recordCoverage(app, stores)
  injection.spoil()

  await app.register(
    async api => {
      refuseForeignPages(api, control ? control.allowedHosts : [])
      authentication(api, { ...stores, behaviour })
      rateLimiting(api, stores)
      authorization(api)
      const creating = idempotency(api, { ...stores, strictness, behaviour })
      jsonBodies(api)
      const services = { ...stores, strictness, behaviour, creating, waiting: injection.waiting }
      carrierRoutes(api, services)
      phoneNumberRoutes(api, services)
    },
    { prefix: '/v1' }
  )

  await app.register(async scope => healthRoutes(scope, stores), { prefix: '/_topcalls' })
  const apart = control && !isBeside ? await controlServer({ ...control, isInside: false }) : undefined
  const plane = apart ? 'apart' : control ? 'beside' : 'none'
  await (apart ?? app).register(scope => pages(scope, { api: app, control: plane }), { prefix: '/_topcalls' })

  app.decorate('controlApp', apart)
  if (apart) app.addHook('preClose', () => apart.close())
  await Promise.all([app.ready(), apart?.ready()])
  return app
}

function clockAt(text: string): Clock {
  const instant = parseInstant(text)
  if (instant === undefined) throw new UsageError('the clock must be an instant such as 2030-01-01T00:00:00Z.')
  return frozenClock(instant)
}

interface ServerOptions {
  /** What every request meets first: it is named and dated. */
  onArrival: onRequestHookHandler
  chance: Chance
  logger: FastifyBaseLogger | undefined
  /** Whether its requests come from another server, which has judged their connection and logs them. */
  isInside?: boolean
  /** Makes the server that control calls are handed over to. */
  handedOver?: (() => Promise<FastifyInstance>) | undefined
}

/** A server without routes, with what holds for every request. */
function createServer({ chance, logger, onArrival, isInside = false, handedOver }: ServerOptions): FastifyInstance {
  let requests = 0
  const newRequestId = () => chance.uuid('request', ++requests)
  const app = Fastify({
    ...(logger && { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    // A logger per request would cost more than the line that it writes; the lines name the request themselves.
    childLoggerFactory: parent => parent,
    genReqId: request => idBefore(request) ?? newRequestId(),
    ...patience,
    bodyLimit,
    // So that no id in a path is too long for the route that judges it: the head bounds it already.
    routerOptions: { maxParamLength: maxHeaderSize },
    http: { requireHostHeader: false, maxHeaderSize, ...patience },
    forceCloseConnections: 'idle',
    // A request that still arrives on an open connection is answered like any other.
    return503OnClosing: false,
    schemaController: { compilersFactory: compilers },
    frameworkErrors: sendProblem,
    clientErrorHandler: answerParserErrors(newRequestId)
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.setErrorHandler(sendProblem)
  for (const name of [
    'account',
    'scopes',
    'sentBody',
    'sentMembers',
    'idempotencyKey',
    'keyed',
    'problem',
    'fault'
  ] as const) {
    app.decorateRequest(name)
  }
  app.decorateRequest('committed', false)
  app.decorateRequest('replayed', false)
  app.addHook('onRequest', onArrival)
  keepApart(app, { isInside })
  if (!isInside) {
    logRequests(app)
    refuseBareHttp(app, newRequestId)
  }
  if (handedOver) handOver(app, controlPrefix, handedOver)
  refuseUnknownRoutes(app)
  app.addSchema(ProblemDocument)
  return app
}
