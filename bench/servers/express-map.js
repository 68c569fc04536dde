import { randomUUID } from 'node:crypto'
import express from 'express'

// What people write by hand: one file, a map for the carriers and one for the keys. It validates next to nothing.
const carriers = new Map()
const answers = new Map()

const app = express()
app.use(express.json())
app.post('/v1/phone-numbers/carriers', (request, response) => {
  if (!request.get('authorization')?.startsWith('Bearer ')) {
    response.status(401).json({ title: 'Unauthorized', status: 401 })
    return
  }
  const key = request.get('idempotency-key')
  const kept = key && answers.get(key)
  if (kept) {
    response.status(201).set('Idempotent-Replayed', 'true').json(kept)
    return
  }
  const { carrier_name, trunk_type = 'static_ip', sip_gateway } = request.body
  if (typeof carrier_name !== 'string' || typeof sip_gateway?.ipv4 !== 'string') {
    response.status(400).json({ title: 'Invalid request body', status: 400 })
    return
  }
  const carrier = {
    id: randomUUID(),
    account_id: randomUUID(),
    voip_carrier_sid: randomUUID(),
    sip_gateway_sid: randomUUID(),
    carrier_name,
    trunk_type,
    created_at: new Date().toISOString()
  }
  carriers.set(carrier.id, { ...carrier, sip_gateway })
  if (key) answers.set(key, carrier)
  response.status(201).json(carrier)
})
app.listen(Number(process.argv[2]), '127.0.0.1')
