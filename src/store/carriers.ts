import { instantOf } from '../clock.ts'
import type { TrunkType } from '../schemas/carrier.ts'
import type { StoredCarrier } from '../schemas/state.ts'
import { resourceRows, type StoreContext } from './resources.ts'
import { type Reading, stateTable } from './state-table.ts'

/** A carrier with its one gateway. `null` stands for a gateway setting that was not sent in a usable form. */
export interface CarrierRow {
  id: string
  account_id: string
  voip_carrier_sid: string
  sip_gateway_sid: string
  carrier_name: string
  trunk_type: TrunkType
  gateway_ipv4: string | null
  gateway_port: number | null
  gateway_inbound: 0 | 1 | null
  gateway_outbound: 0 | 1 | null
  registration_password_sent: 0 | 1
  inbound_password_sent: 0 | 1
  /** Milliseconds since 1970-01-01 UTC. */
  created_at: number
}

const columns = [
  'id',
  'voip_carrier_sid',
  'sip_gateway_sid',
  'carrier_name',
  'trunk_type',
  'gateway_ipv4',
  'gateway_port',
  'gateway_inbound',
  'gateway_outbound',
  'registration_password_sent',
  'inbound_password_sent',
  'created_at'
] as const satisfies (keyof CarrierRow)[]

export type CarrierStore = ReturnType<typeof carrierStore>

export function carrierStore(context: StoreContext) {
  const { db } = context
  const rows = resourceRows<CarrierRow>({
    ...context,
    table: 'carriers',
    columns,
    ids: ['id', 'voip_carrier_sid'],
    instants: ['created_at']
  })
  const remove = db.prepare<[rowid: number]>('DELETE FROM carriers WHERE rowid = ?')

  return {
    ...rows,
    ...stateTable(rows, { storedOf: storedCarrier, rowOf: carrierRow, insert: row => rows.insert(row, true) }),
    remove: ({ rowid }: { rowid: number }): void => void remove.run(rowid)
  }
}

/** A carrier as it is told and exported. */
export function storedCarrier(row: CarrierRow): StoredCarrier {
  const flag = (value: 0 | 1 | null) => (value === null ? null : value === 1)
  return {
    id: row.id,
    voip_carrier_sid: row.voip_carrier_sid,
    sip_gateway_sid: row.sip_gateway_sid,
    carrier_name: row.carrier_name,
    trunk_type: row.trunk_type,
    sip_gateway: {
      ipv4: row.gateway_ipv4,
      port: row.gateway_port,
      inbound: flag(row.gateway_inbound),
      outbound: flag(row.gateway_outbound)
    },
    registration_password_sent: row.registration_password_sent === 1,
    inbound_password_sent: row.inbound_password_sent === 1,
    created_at: new Date(row.created_at).toISOString()
  }
}

/** The row of a carrier that comes from a document. */
function carrierRow(carrier: StoredCarrier, { account_id, newId, now }: Reading): CarrierRow {
  const bit = (value: boolean | null | undefined) => (value == null ? null : value ? 1 : 0)
  const { ipv4 = null, port = null, inbound, outbound } = carrier.sip_gateway ?? {}
  // Three are drawn in any case, so that what is left open never gets an id that another member has.
  const [id, voip, gateway] = [newId(), newId(), newId()]
  return {
    // Clients may spell an id as they like, and are answered in lower case (RFC 9562, section 4).
    id: carrier.id?.toLowerCase() ?? id,
    account_id,
    voip_carrier_sid: carrier.voip_carrier_sid?.toLowerCase() ?? voip,
    sip_gateway_sid: carrier.sip_gateway_sid ?? gateway,
    carrier_name: carrier.carrier_name,
    trunk_type: carrier.trunk_type ?? 'static_ip',
    gateway_ipv4: ipv4,
    gateway_port: port,
    gateway_inbound: bit(inbound),
    gateway_outbound: bit(outbound),
    registration_password_sent: carrier.registration_password_sent ? 1 : 0,
    inbound_password_sent: carrier.inbound_password_sent ? 1 : 0,
    created_at: carrier.created_at === undefined ? now : instantOf(carrier.created_at)
  }
}
