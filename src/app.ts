import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { type Clock, createClock, frozenClock, parseInstant } from './clock.ts'
import { sendTogether } from './connection.ts'
import type { GuardOptions } from './control/guard.ts'
import { healthRoutes } from './control/health.ts'
import { pages } from './control/pages.ts'
import { UsageError } from './failure.ts'
import { controlPrefix } from './http-errors.ts'
import { checkedKeys } from './key-file.ts'
import { checkedObserved, guesses } from './observed.ts'
import type { AppOptions } from './options.ts'
import { checkedState } from './seed-file.ts'
import { createServer } from './server.ts'
import { journalDefaults } from './store/journal.ts'
import { openStores } from './store/stores.ts'
import { authentication, authorization, identification } from './topcalls/auth.ts'
import { jsonBodies } from './topcalls/body.ts'
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
  const { database = ':memory:', durability, strictness = 'inferred', logger, control = {}, seed } = options
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
  const common = { chance: stores.chance, logger, onArrival: identification(stores) }

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
    const server = createServer({ ...common, sequence: 'control request', isInside })
    await server.register(scope => controlPlane(scope, services, guarded), { prefix: controlPrefix })
    return server
  }

  const isBeside = control && control.port === undefined
  const app = createServer({
    ...common,
    sequence: 'request',
    handedOver: isBeside ? () => controlServer({ ...control, isInside: true }) : undefined
  })
  await app.register(swagger, openApiOptions(observed))
  app.addHook('onClose', async () => stores.close())
  typeProblems(app, behaviour)
  const injection = faultInjection(app, stores)
  injection.decide()
  // Nobody could read them without a control plane.
  if (control) {
    recordRequests(app, stores)
    recordCoverage(app, stores)
  }
  injection.spoil()
  sendTogether(app)

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
