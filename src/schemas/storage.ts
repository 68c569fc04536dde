import { type Static, Type } from 'typebox'
import { AccountId, Instant } from './common.ts'
import { StoredPhoneNumber } from './phone-number.ts'
import { StoredCarrier, StoredRecord } from './state.ts'

/** A stored carrier, with its account. */
export const CarrierView = Type.Object({ account_id: AccountId, ...StoredCarrier.properties })
export type CarrierView = Required<Static<typeof CarrierView>>

/** A stored phone number as it is at present, with its account. */
export const PhoneNumberView = Type.Object({ account_id: AccountId, ...StoredPhoneNumber.properties })
export type PhoneNumberView = Required<Omit<Static<typeof PhoneNumberView>, 'next'>> &
  Pick<Static<typeof PhoneNumberView>, 'next'>

const { fingerprint: _, ...told } = StoredRecord.properties
/** A stored answer, with its account and the end of its window. */
export const RecordView = Type.Object({
  account_id: AccountId,
  ...told,
  expires_at: Instant('From when on the key is free'),
  expired: Type.Boolean({ description: "On the account's clock" })
})

export type RecordView = Static<typeof RecordView>
