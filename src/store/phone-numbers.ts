import { instantOf } from '../clock.ts'
import type { NextStatus, NumberSource, NumberStatus, StoredPhoneNumber } from '../schemas/phone-number.ts'
import { resourceRows, type StoreContext } from './resources.ts'
import type { Numbered } from './rows.ts'
import { type Reading, stateTable } from './state-table.ts'
import { noText } from './texts.ts'

/** A phone number as it is stored. Instants are milliseconds since 1970-01-01 UTC. */
export interface PhoneNumberRow {
  id: string
  account_id: string
  /** In E.164. */
  number: string
  voip_carrier_sid: string | null
  /** A copy: the carrier of a deleted number may be gone. */
  carrier_name: string | null
  source: NumberSource
  phone_number_sid: string | null
  status: NumberStatus
  label: string | null
  error_message: string | null
  created_by_user_id: string | null
  created_at: number
  updated_at: number
  /** What a pending number becomes by itself, when, and with which `error_message`. */
  next_status: NextStatus | null
  next_at: number | null
  next_error_message: string | null
}

const columns = [
  'id',
  'number',
  'voip_carrier_sid',
  'carrier_name',
  'source',
  'phone_number_sid',
  'status',
  'label',
  'error_message',
  'created_by_user_id',
  'created_at',
  'updated_at',
  'next_status',
  'next_at',
  'next_error_message'
] as const satisfies (keyof PhoneNumberRow)[]

/** A new status, or one that comes later. */
export type StatusChange = Pick<PhoneNumberRow, 'status' | 'error_message' | 'updated_at'> & Next
export type Next = Pick<PhoneNumberRow, 'next_status' | 'next_at' | 'next_error_message'>

/** The carrier of TopCalls, which every account has without listing it (F). */
export const systemCarrier = { voip_carrier_sid: '8a4f0b8e-5c0d-4e53-9a3e-7f1c2b6d9e10', carrier_name: 'TopCalls' }

/** For what stays as it is. */
export const noNext: Next = { next_status: null, next_at: null, next_error_message: null }

export type PhoneNumberStore = ReturnType<typeof phoneNumberStore>

export function phoneNumberStore(context: StoreContext) {
  const { db, texts } = context
  // Spelled as in the indexes of the migration, which hold what has this condition only.
  const present = "status <> 'deleted'"
  const rows = resourceRows<PhoneNumberRow>({
    ...context,
    table: 'phone_numbers',
    columns,
    ids: ['id'],
    instants: ['updated_at'],
    listed: present
  })
  const isTaken = db
    .prepare<[account: number, number: string], number>(
      `SELECT count(*) FROM phone_numbers WHERE account = ? AND number = ? AND ${present}`
    )
    .pluck()
  const countOf = db
    .prepare<[account: number, sid: string], number>(
      `SELECT count(*) FROM phone_numbers WHERE account = ? AND voip_carrier_sid = ? AND ${present}`
    )
    .pluck()
  const change = db.prepare<(string | number | null)[]>(
    `UPDATE phone_numbers SET status = ?, error_message = ?, updated_at = ?, next_status = ?, next_at = ?, next_error_message = ?
     WHERE rowid = ?`
  )

  return {
    ...rows,
    ...stateTable(rows, { storedOf: storedPhoneNumber, rowOf: phoneNumberRow, insert: row => rows.insert(row, true) }),
    /** Whether an account has a number that is not deleted. */
    isTaken: (account: string, number: string): boolean =>
      (isTaken.get(texts.known(account) ?? noText, number) ?? 0) > 0,
    /** How many numbers of an account a carrier has, those that are deleted not counted. */
    countOf: (account: string, voipCarrierSid: string): number =>
      countOf.get(texts.known(account) ?? noText, voipCarrierSid) ?? 0,
    change: ({ rowid }: Numbered<PhoneNumberRow>, to: StatusChange): void =>
      void change.run(
        to.status,
        to.error_message,
        to.updated_at,
        to.next_status,
        to.next_at,
        to.next_error_message,
        rowid
      )
  }
}

/** A number as it is at an instant: one that waits for its status gets it then, without anybody looking. */
export function asOf<Row extends PhoneNumberRow>(row: Row, now: number): Row {
  const { next_status, next_at, next_error_message } = row
  if (next_status === null || next_at === null || now < next_at) return row
  return { ...row, ...noNext, status: next_status, error_message: next_error_message, updated_at: next_at }
}

/** A number as it is told and exported. */
export function storedPhoneNumber({ account_id: _, next_status, next_at, next_error_message, ...row }: PhoneNumberRow) {
  const stored: StoredPhoneNumber = {
    id: row.id,
    number: row.number,
    voip_carrier_sid: row.voip_carrier_sid,
    carrier_name: row.carrier_name,
    source: row.source,
    phone_number_sid: row.phone_number_sid,
    status: row.status,
    label: row.label,
    error_message: row.error_message,
    created_by_user_id: row.created_by_user_id,
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString()
  }
  if (next_status === null || next_at === null) return stored
  const next = { status: next_status, at: new Date(next_at).toISOString(), error_message: next_error_message }
  return { ...stored, next }
}

/** The row of a number that comes from a document. */
function phoneNumberRow(one: StoredPhoneNumber, { account_id, newId, now }: Reading): PhoneNumberRow {
  const [id, sid] = [newId(), newId()]
  const created_at = one.created_at === undefined ? now : instantOf(one.created_at)
  return {
    id: one.id?.toLowerCase() ?? id,
    account_id,
    number: one.number,
    ...(one.voip_carrier_sid === undefined
      ? systemCarrier
      : { voip_carrier_sid: one.voip_carrier_sid?.toLowerCase() ?? null, carrier_name: one.carrier_name ?? null }),
    source: one.source ?? 'topcalls',
    phone_number_sid: one.phone_number_sid === undefined ? sid : one.phone_number_sid,
    status: one.status ?? 'active',
    label: one.label ?? null,
    error_message: one.error_message ?? null,
    created_by_user_id: one.created_by_user_id ?? null,
    created_at,
    updated_at: one.updated_at === undefined ? created_at : instantOf(one.updated_at),
    next_status: one.next?.status ?? null,
    next_at: one.next ? instantOf(one.next.at) : null,
    next_error_message: one.next?.error_message ?? null
  }
}
