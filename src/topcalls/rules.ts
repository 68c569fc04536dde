/** Where a rule comes from: TopCalls' own pages, our inference, or a decision of the fake where nobody outside can know. */
export type Source = 'documented' | 'inferred' | 'fake'

export const strictnesses = ['documented', 'inferred', 'strict'] as const

/** `documented` enforces only what TopCalls documents, `inferred` adds our inferences, `strict` punishes bad habits. */
export type Strictness = (typeof strictnesses)[number]

/** The ledger: every rule by its id, as docs/fidelity.md explains it. */
export const rules = {
  R1: { source: 'documented', text: 'Authorization: Bearer tc_live_…' },
  R2: {
    source: 'documented',
    text: 'the operation needs the scope phone_numbers:write (that it is this operation: inferred)'
  },
  R3: { source: 'documented', text: 'bodies are JSON, request type application/json' },
  R4: { source: 'inferred', text: 'success answers 201' },
  B1: { source: 'documented', text: 'carrier_name is a string of 1 to 100 characters' },
  B2: { source: 'documented', text: 'trunk_type is static_ip (default), auth or reg' },
  B3: { source: 'documented', text: 'sip_gateway is a required object' },
  B4: { source: 'documented', text: 'an inbound gateway needs an IPv4 address' },
  B5: { source: 'documented', text: 'registration is required with trunk_type reg' },
  B6: { source: 'documented', text: 'inbound_auth is required with trunk_type auth' },
  B7: { source: 'inferred', text: 'sip_gateway.ipv4 is a dotted quad, or a host name for an outbound-only gateway' },
  B8: {
    source: 'inferred',
    text: 'sip_gateway.port is an integer from 1 to 65535, default 5060 (the name: documented)'
  },
  B9: {
    source: 'inferred',
    text: 'sip_gateway.inbound and .outbound are booleans, default true (the names: documented)'
  },
  B10: { source: 'inferred', text: 'members of registration' },
  B11: { source: 'inferred', text: 'members of inbound_auth' },
  B12: { source: 'inferred', text: 'credentials with another trunk_type are only checked for their types' },
  B13: { source: 'inferred', text: 'null for registration or inbound_auth counts as absent' },
  B14: { source: 'inferred', text: 'unknown members are ignored' },
  B15: { source: 'inferred', text: 'nothing is unique: the same request makes another carrier' },
  S1: { source: 'fake', text: 'strict only: unknown members are refused' },
  S2: { source: 'fake', text: 'strict only: an idempotency key used again with another body is refused' }
} as const satisfies Record<string, { source: Source; text: string }>

export type RuleId = keyof typeof rules

/** The marks of a schema node: the rule behind it, where that comes from, and what a client is told when it is broken. */
export const enforcing = (rule: RuleId, message?: string) => ({
  'x-topcalls-rule': rule,
  'x-topcalls-source': rules[rule].source,
  ...(message && { 'x-topcalls-message': message })
})
