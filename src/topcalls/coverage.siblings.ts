import { done, enforced, type Situation, violated } from './coverage.shown.ts'

const isPage = ({ query }: Parameters<Situation['shows']>[0]) => query.cursor !== undefined

const list = { group: 'lists and deletions' as const }

/** Of lists and of deletions. */
const later: Situation[] = [
  violated('R5', 'read-scope-missing', 'an API key without the scope for reading'),
  done(['listCustomCarriers', 'listPhoneNumbers'], 'L3', 'next-page', 'a page behind the first', {
    ...list,
    missing: 'no test followed next_cursor: list with a limit that is less than there is',
    shows: isPage
  }),
  violated('L2', 'limit-refused', 'a limit that is refused'),
  violated('L3', 'cursor-refused', 'a cursor that is refused'),
  done(['listCustomCarriers', 'listPhoneNumbers'], 'L1', 'listed', 'a list'),
  done('listCustomCarriers', 'C1', 'carriers-listed', 'a list of carriers', {
    ...list,
    missing: 'no test listed its carriers'
  }),
  done('deleteCustomCarrier', 'C4', 'carrier-deleted', 'a carrier that was deleted', {
    ...list,
    missing: 'no test deleted a carrier'
  }),
  violated('C3', 'sid-in-place-of-id', 'the voip_carrier_sid in the place of the id'),
  violated('E16', 'unknown-id', 'an id that the account has nothing under', {
    ...list,
    missing: 'no test met a 404: delete or read something that is gone'
  }),
  violated('E17', 'id-refused', 'an id that is no UUID')
]

const number = { group: 'phone numbers' as const }

/** Of phone numbers. */
const numbers: Situation[] = [
  done('addPhoneNumber', 'N6', 'number-added', 'a number that was added', number),
  done('addPhoneNumber', 'N4', 'number-of-topcalls', 'a number without voip_carrier_sid', {
    ...number,
    missing: 'nobody added a number without voip_carrier_sid',
    shows: ({ sent }) => sent.voip_carrier_sid === undefined
  }),
  done('addPhoneNumber', 'N9', 'number-of-ones-own', 'a number on a carrier of the account', {
    ...number,
    missing: 'nobody added a number on a carrier of the account',
    shows: ({ sent }) => sent.voip_carrier_sid !== undefined
  }),
  done('addPhoneNumber', 'N13', 'number-pending', 'a number that has to wait', {
    ...number,
    missing: 'no test met a number that is pending: arm a fault with kind pending',
    shows: ({ waiting }) => waiting
  }),
  violated('N1', 'number-refused', 'a number that is not in E.164', {
    ...number,
    missing: 'nobody sent a number that is not in E.164: one with blanks, or without its plus sign'
  }),
  violated('N2', 'number-impossible', 'a number that cannot be dialled'),
  violated('N3', 'number-invalid', 'a number that is not valid in its country', {
    ...number,
    within: enforced,
    missing: 'nobody sent a number that is not valid in its country: +15551234567'
  }),
  violated('N4', 'carrier-sid-refused', 'a voip_carrier_sid that is no UUID'),
  violated('N5', 'label-refused', 'a label that is refused'),
  violated('N10', 'carrier-unknown', 'a voip_carrier_sid that the account does not have', {
    ...number,
    missing: 'nobody named a voip_carrier_sid that the account does not have'
  }),
  violated('N11', 'number-twice', 'a number that the account has already', {
    ...number,
    missing: 'no test added a number that the account has already'
  }),
  violated('C5', 'carrier-in-use', 'the deletion of a carrier that still has numbers', {
    ...number,
    missing: 'no test deleted a carrier that still has numbers'
  }),
  done('getPhoneNumber', 'N7', 'number-read', 'a number that was read', {
    ...number,
    missing: 'no test read a number by its id'
  }),
  done('listPhoneNumbers', 'N8', 'numbers-listed', 'a list of numbers', {
    ...number,
    missing: 'no test listed its numbers'
  }),
  done('deletePhoneNumber', 'N12', 'number-deleted', 'a number that was deleted', {
    ...number,
    missing: 'no test deleted a number'
  }),
  violated('I8', 'key-of-another-operation', 'a key that was first used on another operation')
]

/** Those of the operations beside adding carriers. */
export const siblings: Situation[] = [...later, ...numbers]
