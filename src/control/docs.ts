import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/** Swagger UI brings everything itself; `data:` is for its icons. Nothing is upgraded to https, which nobody serves here. */
const contentSecurityPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; frame-ancestors 'self'"

/** The OpenAPI document of the emulated API and a page to read it and try it, without network. */
export async function docsRoutes(control: FastifyInstance): Promise<void> {
  control.get('/openapi.json', async () => control.swagger())
  control.get('/openapi.yaml', async (_, reply) =>
    reply.type('application/yaml; charset=utf-8').send(control.swagger({ yaml: true }))
  )
  await control.register(swaggerUi, {
    routePrefix: '/docs',
    // The page at /docs, without a slash, would look for its files in the wrong folder.
    indexPrefix: '/_topcalls',
    theme: { title: 'fake-topcalls' },
    staticCSP: contentSecurityPolicy,
    logLevel: 'warn'
  })
}
