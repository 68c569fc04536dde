import { type Static, Type } from 'typebox'
import { AccountId, Instant } from './common.ts'
import { StoredCarrier, StoredRecord } from './state.ts'

/** A stored carrier, with its account. */
export const CarrierView = Type.Object({ account_id: AccountId, ...StoredCarrier.properties })
export type CarrierView = Required<Static<typeof CarrierView>>

const { fingerprint: _, ...told } = StoredRecord.properties
/** A stored answer, with its account and the end of its window. */
export const RecordView = Type.Object({
  account_id: AccountId,
  ...told,
  expires_at: Instant('From when on the key is free'),
  expired: Type.Boolean({ description: "On the account's clock" })
})

export type RecordView = Static<typeof RecordView>
