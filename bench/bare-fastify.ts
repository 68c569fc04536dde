import { randomUUID } from 'node:crypto'
import Fastify from 'fastify'
import { Carrier, type CarrierCreate, carrierCreate } from '../src/topcalls/carrier.ts'
import { ref } from '../src/topcalls/responses.ts'
import { ajvOptions } from '../src/topcalls/validation.ts'

// What the server is measured against: Fastify with the same schemas, and nothing behind them.
const app = Fastify({ ajv: ajvOptions })
const Body = carrierCreate('inferred')
app.addSchema(Body)
app.addSchema(Carrier)
app.post<{ Body: CarrierCreate }>(
  '/v1/phone-numbers/carriers',
  { schema: { body: ref(Body), response: { 201: ref(Carrier) } } },
  async ({ body: { carrier_name, trunk_type } }, reply) => {
    reply.code(201)
    return {
      id: randomUUID(),
      account_id: randomUUID(),
      voip_carrier_sid: randomUUID(),
      sip_gateway_sid: randomUUID(),
      carrier_name,
      trunk_type,
      created_at: new Date().toISOString()
    }
  }
)
process.once('SIGINT', () => app.close())
const url = await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${JSON.stringify({ event: 'ready', url })}\n`)
