import { isWellFormed, namesJson } from '../json.ts'
import { parseJson } from '../json-body.ts'
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
  /** Upper and lower case are the same id. */
  const idsOnce = (path: string, ids: (string | null | undefined)[]) => {
    for (const id of ids) if (id) once(path, id.toLowerCase())
  }
  const checkFaults = (at: string, rules: typeof faults) => {
    for (const [index, rule] of rules.entries()) {
      for (const one of contradictionsOf(rule)) found.push({ ...one, path: `${at}.${index}.${one.path}` })
    }
  }

  checkFaults('faults', faults)
  for (const [
    index,
    { account_id, carriers = [], phone_numbers = [], idempotency = [], keys = [], faults = [] }
  ] of accounts.entries()) {
    const at = `accounts.${index}`
    once(`${at}.account_id`, account_id)
    for (const [number, { id, voip_carrier_sid, sip_gateway_sid }] of carriers.entries()) {
      idsOnce(`${at}.carriers.${number}`, [id, voip_carrier_sid, sip_gateway_sid])
    }
    for (const [number, { id, phone_number_sid, number: e164, status, next }] of phone_numbers.entries()) {
      const path = `${at}.phone_numbers.${number}`
      idsOnce(path, [id, phone_number_sid])
      // One that is deleted leaves its number free, and stays so.
      if (status !== 'deleted') once(`${path}.number`, `${account_id} ${e164}`)
      else if (next)
        found.push({ path: `${path}.next`, message: 'is for numbers that are not deleted', code: 'custom' })
    }
    for (const [number, { key, content_type, body }] of idempotency.entries()) {
      const path = `${at}.idempotency.${number}`
      once(`${path}.key`, `${account_id} ${key}`)
      // The journal tells of an answer as what it says it is.
      if (namesJson(content_type) && !isJson(body)) {
        found.push({ path: `${path}.body`, message: 'must be JSON, as its content_type says', code: 'invalid_value' })
      }
    }
    for (const [number, key] of keys.entries()) {
      const path = `${at}.keys.${number}`
      once(path, 'key' in key ? `key ${key.key}` : `key ${key.salt} ${key.hash}`)
    }
    checkFaults(`${at}.faults`, faults)
  }
  if (!isWellFormed(document)) {
    found.push({ path: '', message: 'must not contain half of a surrogate pair', code: 'invalid_value' })
  }
  return found
}

/** Whether a text is JSON of no more depth than a body may have. */
function isJson(text: string): boolean {
  try {
    parseJson(Buffer.from(text))
    return true
  } catch {
    return false
  }
}
