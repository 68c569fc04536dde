import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import type { Strictness } from '../modes.ts'
import type { Behaviour } from '../observed.ts'
import { Problem } from '../problem.ts'
import type { CarrierRow, CarrierStore } from '../store/carriers.ts'
import type { PhoneNumberStore } from '../store/phone-numbers.ts'
import type { Position } from '../store/resources.ts'
import type { Writer } from '../store/writer.ts'
import { addCarrier, deleteCarrier, listCarriers } from './carrier.docs.ts'
import { carrierFindings } from './carrier.findings.ts'
import { Carrier, type CarrierCreate, carrierCreate } from './carrier.ts'
import { deletion } from './deletion.ts'
import { IdempotencyHeaders, type idempotency } from './idempotency.ts'
import { notFound, pathId } from './identified.ts'
import { ListQuery, listed } from './lists.ts'
import { ref } from './responses.parts.ts'
import { judging } from './validation.ts'

interface Options {
  carriers: CarrierStore
  phoneNumbers: PhoneNumberStore
  writer: Writer
  strictness: Strictness
  behaviour: Behaviour
  creating: ReturnType<typeof idempotency>
}

const Params = pathId('carrier_id', 'The `id` of the carrier')

export function carrierRoutes(api: FastifyInstance, options: Options): void {
  const { carriers, phoneNumbers, writer, strictness, behaviour, creating } = options
  const Body = carrierCreate(strictness, behaviour)
  api.addSchema(Body)
  api.addSchema(Carrier)

  api.post(
    '/phone-numbers/carriers',
    {
      config: { scope: 'phone_numbers:write', idempotent: true, findings: carrierFindings(behaviour) },
      validatorCompiler: judging({ body: Body }),
      schema: { ...addCarrier(strictness, behaviour), headers: IdempotencyHeaders, body: ref(Body) }
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

  api.get<{ Querystring: ListQuery }>(
    '/phone-numbers/carriers',
    {
      config: { scope: 'phone_numbers:read' },
      validatorCompiler: judging({ querystring: ListQuery }),
      schema: { ...listCarriers(behaviour), querystring: ListQuery }
    },
    ({ account, query }) =>
      writer.read(() => {
        const read = (limit: number, behind?: Position) => carriers.list(account.id, limit, behind)
        return listed(behaviour, query, read, carrierOf)
      })
  )

  api.delete<{ Params: Static<typeof Params> }>(
    '/phone-numbers/carriers/:carrier_id',
    {
      config: { scope: 'phone_numbers:write' },
      validatorCompiler: judging({ params: Params }),
      schema: { ...deleteCarrier(behaviour), params: Params }
    },
    deletion<typeof Params>(writer, behaviour, ({ account, params }) => {
      const row = findCarrier(account.id, params.carrier_id.toLowerCase())
      const count = phoneNumbers.countOf(account.id, row.voip_carrier_sid)
      if (count > 0) {
        const numbers = count === 1 ? 'a phone number; delete it' : `${count} phone numbers; delete them`
        throw new Problem('conflict', `The carrier still has ${numbers} first`, { rules: ['C5'] })
      }
      carriers.remove(row)
    })
  )

  function findCarrier(account: string, id: string) {
    const row = carriers.find('id', id, account)
    if (row) return row
    const other = carriers.find('voip_carrier_sid', id, account)
    if (!other) throw notFound('The account has no carrier with this id')
    const detail = `This is the voip_carrier_sid of a carrier; deletion takes its id, ${other.id}`
    throw new Problem('not_found', detail, { rules: ['C3'] })
  }
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
