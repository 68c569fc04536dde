import { isWellFormed } from '../json.ts'
import type { Violation } from '../problem.ts'
import type { State } from '../schemas/state.ts'
import { contradictionsOf } from './fault-rules.ts'

/** Where a document that has passed its schema contradicts itself. */
export function contradictionsIn(document: State): Violation[] {
  const { accounts, faults = [] } = document
  const found: Violation[] = []
  const seen = new Set<string>()
  const once = (path: string, name: string) => {
    if (seen.has(name)) found.push({ path, message: 'is there twice', code: 'invalid_value' })
    seen.add(name)
  }
  const checkFaults = (at: string, rules: typeof faults) => {
    for (const [index, rule] of rules.entries()) {
      for (const one of contradictionsOf(rule)) found.push({ ...one, path: `${at}.${index}.${one.path}` })
    }
  }

  checkFaults('faults', faults)
  for (const [
    index,
    { account_id, carriers = [], phone_numbers = [], idempotency = [], faults = [] }
  ] of accounts.entries()) {
    const at = `accounts.${index}`
    once(`${at}.account_id`, account_id)
    for (const [number, { id, voip_carrier_sid, sip_gateway_sid }] of carriers.entries()) {
      for (const one of [id, voip_carrier_sid, sip_gateway_sid]) if (one) once(`${at}.carriers.${number}`, one)
    }
    for (const [number, { id, phone_number_sid, number: e164, status }] of phone_numbers.entries()) {
      for (const one of [id, phone_number_sid]) if (one) once(`${at}.phone_numbers.${number}`, one)
      // One that is deleted leaves its number free.
      if (status !== 'deleted') once(`${at}.phone_numbers.${number}.number`, `${account_id} ${e164}`)
    }
    for (const [number, { key }] of idempotency.entries()) {
      once(`${at}.idempotency.${number}.key`, `${account_id} ${key}`)
    }
    checkFaults(`${at}.faults`, faults)
  }
  if (!isWellFormed(document)) {
    found.push({ path: '', message: 'must not contain half of a surrogate pair', code: 'invalid_value' })
  }
  return found
}
