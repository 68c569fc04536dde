import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
  type onRequestHookHandler
} from 'fastify'
import type { Chance } from './chance.ts'
import { compilers } from './compilers.ts'
import { keepApart } from './connection.ts'
import { handOver, idBefore } from './hand-over.ts'
import { answerParserErrors, controlPrefix, refuseBareHttp, refuseUnknownRoutes, sendProblem } from './http-errors.ts'
import { logRequests } from './log.ts'
import type { Logger } from './options.ts'
import { ProblemDocument } from './problem.ts'
import { bodyLimit } from './topcalls/body.ts'

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

interface ServerOptions {
  /** What every request meets first: it is named and dated. */
  onArrival: onRequestHookHandler
  chance: Chance
  /** Names the sequence of ids for requests that belong to no account. */
  sequence: string
  logger: Logger | undefined
  /** Whether its requests come from another server, which has judged their connection and logs them. */
  isInside?: boolean
  /** Makes the server that control calls are handed over to. */
  handedOver?: (() => Promise<FastifyInstance>) | undefined
}

/** A server without routes, with what holds for every request. */
export function createServer({
  chance,
  sequence,
  logger,
  onArrival,
  isInside = false,
  handedOver
}: ServerOptions): FastifyInstance {
  let requests = 0
  const newRequestId = () => chance.uuid(sequence, ++requests)
  const app = Fastify({
    ...(logger && { loggerInstance: logger as FastifyBaseLogger }),
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
