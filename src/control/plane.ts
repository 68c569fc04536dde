import swagger from '@fastify/swagger'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parseJson, refusedJson } from '../json-body.ts'
import { clockRoutes } from './clock.ts'
import { coverageRoutes } from './coverage.ts'
import { controlDocument } from './document.ts'
import { eventRoutes } from './events.ts'
import { faultRoutes } from './faults.ts'
import { type GuardOptions, guard } from './guard.ts'
import { infoRoutes } from './info.ts'
import { keyRoutes } from './keys.ts'
import { phoneNumberControl } from './phone-numbers.ts'
import { rateLimitRoutes } from './rate-limits.ts'
import { requestRoutes } from './requests.ts'
import type { ControlServices } from './services.ts'
import { stateRoutes } from './state.ts'
import { storageRoutes } from './storage.ts'
import { controlValidator } from './validation.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A control call that holds no state and asks for no token. */
    open?: boolean
  }
  interface FastifyInstance {
    /** The OpenAPI document of the control plane. */
    controlDocument(): object
  }
}

/** Bytes of a control call's body; a state may be large. */
const bodyLimit = 64 * 1024 * 1024

/** Everything by which a tester steers and observes, below `/_topcalls/v1`. */
export async function controlPlane(scope: FastifyInstance, services: ControlServices, options: GuardOptions) {
  guard(scope, options)
  scope.setValidatorCompiler(controlValidator)
  jsonOnly(scope)
  await scope.register(swagger, controlDocument)

  const control = scope.withTypeProvider<TypeBoxTypeProvider>()
  clockRoutes(control, services)
  faultRoutes(control, services)
  requestRoutes(control, services)
  eventRoutes(control, services)
  keyRoutes(control, services)
  rateLimitRoutes(control, services)
  stateRoutes(control, services)
  storageRoutes(control, services)
  phoneNumberControl(control, services)
  coverageRoutes(control, services)
  infoRoutes(control, services)
  // The docs page reads it, and asks for no token.
  scope.get('/openapi.json', { config: { open: true }, schema: { hide: true } }, async () => scope.controlDocument())
}

/** A form of another site can send any content type but this one without asking first. */
function jsonOnly(scope: FastifyInstance): void {
  scope.addHook('onRoute', route => {
    route.bodyLimit = bodyLimit
  })
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_: FastifyRequest, body: Buffer) => {
    const { value } = parseJson(body)
    // Fastify says null of a call without a body.
    if (value === null) throw refusedJson('must be an object, not null', 'invalid_type')
    return value
  })
}
