import type { FastifyInstance } from 'fastify'
import type { Strictness } from '../modes.ts'
import type { Behaviour } from '../observed.ts'
import type { CarrierRow, CarrierStore } from '../store/carriers.ts'
import { addCarrierAnswers, addCarrierDescription } from './carrier.docs.ts'
import { carrierFindings } from './carrier.findings.ts'
import { Carrier, type CarrierCreate, carrierCreate } from './carrier.ts'
import { IdempotencyHeaders, type idempotency } from './idempotency.ts'
import { ref } from './responses.ts'
import { judging } from './validation.ts'

interface Options {
  carriers: CarrierStore
  strictness: Strictness
  behaviour: Behaviour
  creating: ReturnType<typeof idempotency>
}

export function carrierRoutes(api: FastifyInstance, { carriers, strictness, behaviour, creating }: Options): void {
  const Body = carrierCreate(strictness, behaviour)
  api.addSchema(Body)
  api.addSchema(Carrier)

  api.post(
    '/phone-numbers/carriers',
    {
      config: { scope: 'phone_numbers:write', idempotent: true, findings: carrierFindings(behaviour) },
      validatorCompiler: judging(Body),
      schema: {
        ...addCarrierDescription(behaviour),
        headers: IdempotencyHeaders,
        body: ref(Body),
        response: addCarrierAnswers(strictness, behaviour)
      }
    },
    creating<CarrierCreate, Carrier>(({ account, body }, { now, newId }) => {
      const row = {
        id: newId(),
        account_id: account.id,
        voip_carrier_sid: newId(),
        sip_gateway_sid: newId(),
        carrier_name: body.carrier_name,
        trunk_type: body.trunk_type,
        ...settingsOf(body),
        created_at: now
      }
      return carrierOf(carriers.insert(row))
    })
  )
}

/** A carrier as it is told. */
function carrierOf(row: CarrierRow): Carrier {
  const { id, account_id, voip_carrier_sid, sip_gateway_sid, carrier_name, trunk_type } = row
  const created_at = new Date(row.created_at).toISOString()
  return { id, account_id, voip_carrier_sid, sip_gateway_sid, carrier_name, trunk_type, created_at }
}

type Settings = Omit<CarrierRow, keyof Carrier>

/** What is kept of the gateway and the credentials. With `documented` a setting may be anything: what is no setting is not kept. */
function settingsOf({
  sip_gateway: { ipv4, port, inbound, outbound },
  registration,
  inbound_auth
}: CarrierCreate): Settings {
  return {
    gateway_ipv4: typeof ipv4 === 'string' ? ipv4 : null,
    gateway_port: Number.isSafeInteger(port) ? (port as number) : null,
    gateway_inbound: flag(inbound),
    gateway_outbound: flag(outbound),
    registration_password_sent: hasPassword(registration) ? 1 : 0,
    inbound_password_sent: hasPassword(inbound_auth) ? 1 : 0
  }
}

function flag(value: unknown): 0 | 1 | null {
  return typeof value === 'boolean' ? (value ? 1 : 0) : null
}

function hasPassword(credentials: object | null | undefined): boolean {
  return Object.entries(credentials ?? {}).some(([name, value]) => name.endsWith('password') && value != null)
}
