import swagger from '@fastify/swagger'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { type Clock, createClock } from './clock.ts'
import { docsRoutes } from './control/docs.ts'
import { healthRoutes } from './control/health.ts'
import { answerParserErrors, refuseBareHttp, refuseUnknownRoutes, sendProblem } from './http-errors.ts'
import { logRequests } from './log.ts'
import { ProblemDocument } from './problem.ts'
import { carrierStore } from './store/carriers.ts'
import { openDatabase } from './store/database.ts'
import { idempotencyStore } from './store/idempotency.ts'
import { startSweeper } from './store/sweeper.ts'
import { createWriter } from './store/writer.ts'
import { type ApiKey, authentication, authorization, checkedKeys } from './topcalls/auth.ts'
import { jsonBodies } from './topcalls/body.ts'
import { carrierRoutes } from './topcalls/carriers.ts'
import { openApiOptions } from './topcalls/document.ts'
import { idempotency } from './topcalls/idempotency.ts'
import type { Strictness } from './topcalls/rules.ts'
import { ajvOptions, refuseBody } from './topcalls/validation.ts'

export interface AppOptions {
  /** SQLite file, or `:memory:` (the default). It is created where it is missing. */
  database?: string
  /** Only these keys are accepted. Without a list any well-formed key is accepted and is an account of its own. */
  keys?: ApiKey[] | undefined
  /** Which rules are enforced; default `inferred`. */
  strictness?: Strictness
  /** Where time and identifiers come from. */
  clock?: Clock
  /** A pino logger; without one nothing is logged. */
  logger?: FastifyBaseLogger | undefined
}

/** Time in milliseconds for a whole request to arrive; Node's own limit for the headers alone. */
const requestTimeout = 60_000

/**
 * Builds the server without listening. Closing it closes the database.
 * @throws {DatabaseError} when the database cannot be used
 * @throws {UsageError} when a key of the list is not acceptable
 */
export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const { database = ':memory:', strictness = 'inferred', clock = createClock(), logger } = options
  const keys = options.keys && checkedKeys(options.keys)
  const db = openDatabase(database)
  const carriers = carrierStore(db)
  const records = idempotencyStore(db)
  const writer = createWriter(db)
  // Nothing that is stored may lie in the future: the wall clock may have been set back since.
  clock.notBefore(Math.max(carriers.newestAt(), records.newestAt()))
  const sweeper = startSweeper({ records, writer, clock })

  const app = Fastify({
    ...(logger && { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    // A logger per request would cost more than the line that it writes; the lines name the request themselves.
    childLoggerFactory: parent => parent,
    genReqId: () => clock.newId(),
    requestTimeout,
    http: { requireHostHeader: false },
    forceCloseConnections: 'idle',
    // A request that still arrives on an open connection is answered like any other.
    return503OnClosing: false,
    ajv: ajvOptions,
    schemaErrorFormatter: refuseBody,
    frameworkErrors: sendProblem,
    clientErrorHandler: answerParserErrors(clock)
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.setErrorHandler(sendProblem)
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onClose', async () => {
    sweeper.stop()
    db.close()
  })
  logRequests(app)
  refuseBareHttp(app, clock)
  refuseUnknownRoutes(app)
  app.addSchema(ProblemDocument)
  await app.register(swagger, openApiOptions)

  await app.register(
    async api => {
      authentication(api, { keys, clock })
      authorization(api)
      const creating = idempotency(api, { records, writer, clock, strictness })
      jsonBodies(api)
      carrierRoutes(api, { carriers, clock, strictness, creating })
    },
    { prefix: '/v1' }
  )

  await app.register(
    async control => {
      healthRoutes(control, { db })
      await docsRoutes(control)
    },
    { prefix: '/_topcalls' }
  )
  await app.ready()
  return app
}
