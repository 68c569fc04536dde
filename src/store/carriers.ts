import type { TrunkType } from '../schemas/carrier.ts'
import type { Database } from './database.ts'
import { rowsByAccount } from './rows.ts'

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
  'account_id',
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

export function carrierStore(db: Database) {
  // Bound by position: by name takes twice as long.
  const insert = db.prepare<(string | number | null)[]>(
    `INSERT INTO carriers (${columns}) VALUES (${columns.map(() => '?')})`
  )
  // A clock never runs backwards, so the last row of an account is its newest.
  const last = db.prepare<[account: string], { rowid: number; created_at: number }>(
    'SELECT rowid, created_at FROM carriers WHERE account_id = ? ORDER BY rowid DESC LIMIT 1'
  )

  return {
    ...rowsByAccount<CarrierRow>(db, 'carriers'),
    insert: (carrier: CarrierRow): void => void insert.run(...columns.map(column => carrier[column])),
    /** The newest `created_at` of an account, or 0. */
    newestAt: (account: string): number => last.get(account)?.created_at ?? 0,
    /** The number of the last row of an account, or 0. */
    newestRow: (account: string): number => last.get(account)?.rowid ?? 0
  }
}
