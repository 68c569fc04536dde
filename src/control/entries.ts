import type { Entry } from '../schemas/request.ts'
import type { KeptEntry } from '../store/journal.ts'

// Entries of the journal, as the control plane searches and tells them.

/** Whether an entry has each of some words, in what is told of it or in its headers and bodies. */
export function hasWords(text: string, entry: KeptEntry): boolean {
  const words = text.toLowerCase().split(/\s+/)
  const { id, account_id, method, path, idempotency_key, outcome, status, rules, fault, findings } = entry
  const told = [id, account_id, method, path, idempotency_key, outcome, status, rules, fault?.kind]
  const plain = [...told, findings.map(({ code }) => code)].join(' ').toLowerCase()
  const has = (json: string) =>
    words.every(word => plain.includes(word) || json.includes(JSON.stringify(word).slice(1, -1)))
  // Most are ruled out unparsed. Not where letters are escapes: some clients send all but ASCII so.
  if (!entry.details.includes('\\u') && !has(entry.details.toLowerCase())) return false
  const { headers, body, answer } = JSON.parse(entry.details)
  return has(JSON.stringify([headers, body, answer.headers, answer.body]).toLowerCase())
}

/** An entry as it is told to who follows them all: without headers and bodies. */
export function briefOf({ number: _, details: __, at, ...rest }: KeptEntry) {
  return { ...rest, at: new Date(at).toISOString() }
}

/** An entry as it is told. */
export function entryOf({ number: _, at, details, ...rest }: KeptEntry): Entry {
  const { headers, body, answer } = JSON.parse(details)
  const { id, account_id, method, path, idempotency_key, ...more } = rest
  const when = new Date(at).toISOString()
  return { id, at: when, account_id, method, path, idempotency_key, headers, body, answer, ...more }
}
