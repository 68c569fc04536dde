import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { Observed } from '../observed.ts'
import { wordsOfObserved } from './document.observed.ts'

/** Metadata of openapi.yaml; the rest of it comes from the route schemas, which are made with what was observed. */
const metadata = (observed: Observed | undefined): FastifyDynamicSwaggerOptions => ({
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'fake-topcalls',
      version: '1',
      summary: 'What fake-topcalls emulates of the TopCalls API',
      description:
        'Each member and each answer says in `x-topcalls-source` where it comes from: `documented` by TopCalls, ' +
        '`inferred` from its examples or its telephony layer, or decided by the `fake`. ' +
        `\`x-topcalls-rule\` names the rule in docs/fidelity.md.${wordsOfObserved(observed)}`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
    },
    servers: [
      { url: '/', description: 'The server that serves this document' },
      { url: 'https://api.topcalls.ai', description: 'The live service' }
    ],
    tags: [{ name: 'Phone numbers', description: 'Carriers and numbers' }],
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', bearerFormat: 'tc_live_…', description: 'A TopCalls API key' }
      }
    }
  },
  hideUntagged: true,
  // The control plane is no part of TopCalls and has a document of its own.
  transform: ({ schema, url }) => ({ schema: url.startsWith('/_topcalls/') ? { ...schema, hide: true } : schema, url }),
  refResolver: { buildLocalReference: (schema, _base, _fragment, index) => String(schema.$id ?? `schema-${index}`) }
})

/** How the OpenAPI document is made, with what was observed of another server in it. */
export function openApiOptions(observed: Observed | undefined): FastifyDynamicSwaggerOptions {
  return {
    ...metadata(observed),
    transformObject(document) {
      if (!('openapiObject' in document)) return document.swaggerObject
      const { openapiObject } = document
      const shared: Record<string, Response> = {}
      for (const operation of Object.values(openapiObject.paths ?? {}).flatMap(path => Object.values(path ?? {}))) {
        completeOperation(operation as unknown as Operation, shared)
      }
      const { schemas, ...others } = openapiObject.components ?? {}
      return { ...openapiObject, components: { ...others, responses: shared, schemas } } as typeof openapiObject
    }
  }
}

interface Media {
  'x-topcalls-source'?: string
  /** The name under which the answer is told once for all operations. */
  'x-shared-as'?: string
}

interface Response {
  content?: Record<string, Media>
  'x-topcalls-source'?: string
}

interface Operation {
  'x-request-examples'?: object
  requestBody?: { content: Record<string, { examples?: object }> }
  responses: Record<string, Response | { $ref: string }>
}

/** Puts to their places what a Fastify route schema has no place for. */
function completeOperation(operation: Operation, shared: Record<string, Response>): void {
  const { 'x-request-examples': examples, requestBody, responses } = operation
  const media = requestBody?.content['application/json']
  if (examples && media) media.examples = examples
  delete operation['x-request-examples']

  for (const [status, response] of Object.entries(responses as Record<string, Response>)) {
    for (const { 'x-topcalls-source': source, 'x-shared-as': name } of Object.values(response.content ?? {})) {
      if (source) response['x-topcalls-source'] = source
      if (!name) continue
      shared[name] = response
      responses[status] = { $ref: `#/components/responses/${name}` }
    }
    for (const answer of Object.values(response.content ?? {})) {
      delete answer['x-topcalls-source']
      delete answer['x-shared-as']
    }
    // The plugin takes marks with a content only.
    if (status === '204') delete response.content
  }
}
