import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/** The OpenAPI document of the emulated API and a page to read it and try it, without network. */
export async function docsRoutes(control: FastifyInstance): Promise<void> {
  control.get('/openapi.json', async () => control.swagger())
  control.get('/openapi.yaml', async (_, reply) =>
    reply.type('application/yaml; charset=utf-8').send(control.swagger({ yaml: true }))
  )
  await control.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, logLevel: 'warn' })
}
