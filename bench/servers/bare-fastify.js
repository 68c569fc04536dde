import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'

// What the server is measured against: Fastify with the same schemas, and nothing behind them.
const [port, schemasFile = ''] = process.argv.slice(2)
const { body, carrier } = JSON.parse(readFileSync(schemasFile, 'utf8'))
const formats = { 'well-formed-unicode': (/** @type {string} */ text) => text.isWellFormed() }
const app = Fastify({
  ajv: { customOptions: { formats, strict: false, coerceTypes: false, removeAdditional: false, allErrors: true } }
})

app.post('/v1/phone-numbers/carriers', { schema: { body, response: { 201: carrier } } }, async (request, reply) => {
  const { carrier_name, trunk_type } = /** @type {Record<string, unknown>} */ (request.body)
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
})
await app.listen({ host: '127.0.0.1', port: Number(port) })
