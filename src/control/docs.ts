import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/** Swagger UI brings everything itself; `data:` is for its icons. Nothing is upgraded to https, which nobody serves here. */
const contentSecurityPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; frame-ancestors 'self'"

interface Options {
  /** The server of the emulated API, which knows its document. */
  api: FastifyInstance
  /** Whether there is a control plane beside it. */
  control: boolean
}

/** The OpenAPI documents and a page to read them and try them, without network. */
export async function docsRoutes(scope: FastifyInstance, { api, control }: Options): Promise<void> {
  scope.get('/openapi.json', async () => api.swagger())
  scope.get('/openapi.yaml', async (_, reply) =>
    reply.type('application/yaml; charset=utf-8').send(api.swagger({ yaml: true }))
  )
  const documents = [
    { name: 'TopCalls', url: '/_topcalls/openapi.json' },
    { name: 'Control plane', url: '/_topcalls/v1/openapi.json' }
  ]
  await scope.register(swaggerUi, {
    routePrefix: '/docs',
    // The page at /docs, without a slash, would look for its files in the wrong folder.
    indexPrefix: '/_topcalls',
    theme: { title: 'fake-topcalls' },
    uiConfig: { urls: control ? documents : documents.slice(0, 1) },
    // On a port of its own the page stands beside another server than the one that it is about.
    transformSpecification: () => api.swagger(),
    staticCSP: contentSecurityPolicy,
    logLevel: 'warn'
  })
}
