import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import { compilers } from '../compilers.ts'
import { printablePath } from '../log.ts'
import { Problem } from '../problem.ts'

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
export function docsRoutes(scope: FastifyInstance, { api, control }: Options): void {
  scope.get('/openapi.json', async () => api.swagger())
  scope.get('/openapi.yaml', async (_, reply) =>
    reply.type('application/yaml; charset=utf-8').send(api.swagger({ yaml: true }))
  )
  const documents = [
    { name: 'TopCalls', url: '/_topcalls/openapi.json' },
    { name: 'Control plane', url: '/_topcalls/v1/openapi.json' }
  ]
  // A server in this one, made when somebody asks for the page: loading it takes a tenth of a start.
  let page: Promise<FastifyInstance> | undefined
  async function openPage(): Promise<FastifyInstance> {
    const { default: swaggerUi } = await import('@fastify/swagger-ui')
    const inner = Fastify({ schemaController: { compilersFactory: compilers } })
    await inner.register(swagger)
    const options = {
      routePrefix: '/docs',
      // The page at /docs, without a slash, would look for its files in the wrong folder.
      indexPrefix: '/_topcalls',
      theme: { title: 'fake-topcalls' },
      uiConfig: { urls: control ? documents : documents.slice(0, 1) },
      // On a port of its own the page stands beside another server than the one that it is about.
      transformSpecification: () => api.swagger(),
      staticCSP: contentSecurityPolicy
    }
    await inner.register(outer => outer.register(swaggerUi, options), { prefix: '/_topcalls' })
    return inner
  }
  for (const path of ['/docs', '/docs/*']) {
    scope.get(path, async ({ url, headers }, reply) => {
      page ??= openPage()
      const { statusCode, headers: found, rawPayload } = await (await page).inject({ url, headers })
      if (statusCode >= 400) throw new Problem('not_found', `There is nothing at ${printablePath(url)}`)
      const { date: _, connection: __, ...own } = found
      return reply.code(statusCode).headers(own).send(rawPayload)
    })
  }
}
