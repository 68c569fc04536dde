/** Where a rule comes from: TopCalls' own pages, our inference, or a decision of the fake where nobody outside can know. */
export type Source = 'documented' | 'inferred' | 'fake'

export interface Rule {
  source: Source
  /** In one sentence; docs/fidelity.md says more. */
  text: string
  /** Why no request of a client can show it; without a reason, contract/cases has a case that proves it. */
  unseen?: string
}

const documented = (text: string) => ({ source: 'documented' as const, text })
const inferred = (text: string) => ({ source: 'inferred' as const, text })
const fake = (text: string) => ({ source: 'fake' as const, text })

/** Every rule, in the order of docs/fidelity.md. R, B and S are the ids of the request, A of the answer, E of refusals, J of JSON, I of idempotency, O of order. */
export const rules = {
  R1: documented('Authorization is Bearer with a key that looks like tc_live_xxxxx'),
  R2: documented('adding a carrier needs the scope phone_numbers:write'),
  R3: documented('bodies are JSON and the request type is application/json'),
  R4: inferred('success answers 201'),
  B1: documented('carrier_name is a required string of 1 to 100 characters'),
  B2: documented('trunk_type is static_ip, auth or reg; static_ip where it is absent'),
  B3: documented('sip_gateway is a required object'),
  B4: documented('sip_gateway.ipv4 must be an IPv4 address where inbound is true'),
  B5: documented('registration is required with trunk_type reg'),
  B6: documented('inbound_auth is required with trunk_type auth'),
  B7: inferred('sip_gateway.ipv4 is a dotted quad or, with inbound false, a host name'),
  B8: inferred('sip_gateway.port is an integer from 1 to 65535'),
  B9: inferred('sip_gateway.inbound and outbound are booleans, true where absent'),
  B10: inferred('registration has a username, a password and perhaps a realm'),
  B11: inferred('inbound_auth has a username and a password'),
  B12: inferred('credentials that the trunk_type does not use are only checked for their types'),
  B13: inferred('null for registration or inbound_auth counts as absent'),
  B14: inferred('unknown members are ignored'),
  B15: inferred('nothing is unique: the same request again makes another carrier'),
  S1: fake('with strictness strict, unknown members are refused'),
  S2: fake('with strictness strict, a key used again with another body is refused with 422'),
  A1: documented(
    'the answer has id, account_id, voip_carrier_sid, sip_gateway_sid, carrier_name, trunk_type, created_at'
  ),
  A2: inferred('the answer has nothing else: credentials and gateway settings are not echoed'),
  A3: inferred('id, voip_carrier_sid and sip_gateway_sid are three different UUIDs'),
  E1: documented('a refused body answers 400 with a problem document titled "Invalid request body"'),
  E2: inferred('problem documents have the type application/problem+json'),
  E3: inferred('errors has one entry with path, message and code for every fault'),
  E4: fake('instance is a fresh UUID, as in x-request-id; type is a URL with our slug'),
  E5: inferred('a request without an acceptable key answers 401 with WWW-Authenticate'),
  E6: inferred('a key without the scope answers 403 with WWW-Authenticate'),
  E7: fake('an unknown path answers 404, another method 405 with Allow'),
  E8: fake('a body larger than 64 KiB answers 413'),
  E9: fake('a compressed body answers 415 with Accept-Encoding: identity'),
  E10: fake('headers larger than 16 KiB answer 431'),
  E11: fake('a request that takes more than 60 s to arrive answers 408'),
  E12: inferred('above a limit that a tester set, 429 with Retry-After'),
  E13: { ...fake('a database that cannot be written answers 503'), unseen: 'it takes a broken disk or a lock' },
  E14: fake("a browser's page that calls by a foreign name answers 403"),
  E15: documented('402 has the slug insufficient_quota; only as a fault that a tester arms'),
  J1: fake('invalid UTF-8, __proto__ members and more than 100 levels of nesting answer 400'),
  J2: fake('duplicate members and a byte order mark are accepted'),
  I1: documented('Idempotency-Key has 8 to 255 characters of A-Z a-z 0-9 _ -'),
  I2: documented('a retry with the same key answers the same response'),
  I3: documented('keys are per account'),
  I4: documented('a response is kept for 24 hours'),
  I5: fake('a replay has Idempotent-Replayed: true and a fresh x-request-id'),
  I6: fake('the order of members and white space make no other body'),
  I7: fake('a key used again with another body repeats the first answer, with Idempotency-Payload-Mismatch: true'),
  I8: { ...fake('a key used again on another operation answers 422'), unseen: 'one operation takes keys so far' },
  I9: fake('a refusal is not kept: the retry is judged afresh'),
  I10: fake('simultaneous duplicates make one carrier and all get its answer'),
  I11: fake('two keys of one account share its Idempotency-Keys'),
  I12: fake('an answer that was lost after the commit is what the retry gets'),
  I13: fake('a failure before the commit leaves nothing: the retry creates'),
  I14: fake('a replay does not extend the 24 hours'),
  I15: { ...fake('the answer outlives the deletion of its carrier'), unseen: 'nothing deletes carriers so far' },
  O1: fake('checks go in the order that docs/fidelity.md tells')
} as const satisfies Record<string, Rule>

export type RuleId = keyof typeof rules

/** The marks of a schema node: the rule behind it, where that comes from, and what a client is told when it is broken. */
export const enforcing = (rule: RuleId, message?: string) => ({
  'x-topcalls-rule': rule,
  'x-topcalls-source': rules[rule].source,
  ...(message && { 'x-topcalls-message': message })
})
