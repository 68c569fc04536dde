import { validateHeaderName, validateHeaderValue } from 'node:http'
import { unmatchable } from '../match.ts'
import type { Violation } from '../problem.ts'
import { milliseconds } from '../schemas/common.ts'
import { type Fault, type FaultRequest, faultKinds, longestDelayMilliseconds } from '../schemas/fault.ts'

/** Headers by which the server says where an answer ends; another value would break the connection, not the answer. */
const framing = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'upgrade', 'trailer'])

/** What the schema cannot say of a rule: which members belong together, and what no request can match. */
export function contradictionsOf(fault: FaultRequest | Fault): Violation[] {
  const violations: Violation[] = []
  const refuse = (path: string, message: string, code: Violation['code'] = 'custom') =>
    violations.push({ path, message, code })

  for (const [kind, { members }] of Object.entries(faultKinds)) {
    for (const member of members) {
      if (fault[member] !== undefined && fault.kind !== kind) refuse(member, `is for faults of the kind "${kind}"`)
    }
  }
  if (fault.kind === 'delay' && fault.delay === undefined) refuse('delay', 'is required with "delay"', 'required')
  if (fault.kind === 'pending' && fault.phase === 'after') refuse('phase', 'must be "before" with "pending"')
  if (fault.kind === 'pending' && fault.error_message !== undefined && fault.becomes !== 'failed') {
    refuse('error_message', 'is for numbers that become "failed"')
  }
  if (milliseconds(fault.delay ?? 0) > longestDelayMilliseconds)
    refuse('delay', 'must be at most 10 minutes', 'too_big')
  for (const [name, value] of Object.entries(fault.headers ?? {})) {
    if (framing.has(name.toLowerCase())) refuse(`headers.${name}`, 'is for the server to say')
    else if (!isHeader(name, value)) refuse(`headers.${name}`, 'must be a header as HTTP knows them', 'invalid_value')
  }
  return [...violations, ...unmatchable(fault.match ?? {})]
}

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return true
  } catch {
    return false
  }
}
