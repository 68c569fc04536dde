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

/**
 * Every rule, in the order of docs/fidelity.md. R, B and S are the ids of the request, A of the answer, L of lists, C of a carrier's later life, N of phone numbers, E of refusals,
 * J of JSON, I of idempotency, O of order.
 */
export const rules = {
  R1: documented('Authorization is Bearer with a key that looks like tc_live_xxxxx'),
  R2: documented('adding a carrier needs the scope phone_numbers:write'),
  R3: documented('bodies are JSON and the request type is application/json'),
  R4: inferred('success answers 201'),
  R5: inferred('reading needs the scope phone_numbers:read'),
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
  L1: inferred('a list is answered as data, an array, and next_cursor, a string or null'),
  L2: fake('lists are newest first; limit is from 1 to 200, 50 where it is absent'),
  L3: fake(
    'cursor goes on where an answer ended: nothing comes twice and nothing is left out, whatever is added meanwhile'
  ),
  C1: documented('GET /v1/phone-numbers/carriers lists the carriers of the account'),
  C2: inferred('a carrier is listed as it was answered'),
  C3: documented('DELETE /v1/phone-numbers/carriers/{carrier_id} takes the id of the record, not the voip_carrier_sid'),
  C4: inferred('a deletion answers 204 without a body'),
  C5: inferred('a carrier that still has phone numbers is not deleted: 409'),
  N1: documented('number is a required string in E.164: a plus sign and 2 to 15 digits'),
  N2: documented('number is dialable by the rules of libphonenumber, so unknown country codes are refused'),
  N3: inferred('number is one that libphonenumber calls valid in its country, not only possible'),
  N4: documented('voip_carrier_sid is a UUID; without it, the number is on a carrier of TopCalls'),
  N5: documented('label is a string of at most 100 characters'),
  N6: documented(
    'a new number is answered as id, number, voip_carrier_sid, carrier_name, source, phone_number_sid, status, label, account_id, created_at'
  ),
  N7: documented(
    'GET /v1/phone-numbers/{phone_number_id} tells besides these error_message, created_by_user_id, updated_at'
  ),
  N8: documented('GET /v1/phone-numbers lists the numbers of the account'),
  N9: inferred('source is byoc on a carrier of the account, topcalls on one of TopCalls'),
  N10: inferred('a voip_carrier_sid that the account does not have answers 404'),
  N11: inferred('a number that the account has already answers 409'),
  N12: inferred('a deletion is soft: the number can still be read, as deleted, is not listed, and may be added again'),
  N13: fake('a new number is active at once, unless a tester had it wait'),
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
  E16: inferred('an id that the account has nothing under answers 404'),
  E17: fake('an id in a path that is no UUID answers 400'),
  J1: fake('invalid UTF-8, __proto__ members and more than 100 levels of nesting answer 400'),
  J2: fake('duplicate members and a byte order mark are accepted'),
  I1: documented('Idempotency-Key has 8 to 255 characters of A-Z a-z 0-9 _ -'),
  I2: documented('a retry with the same key answers the same response'),
  I3: documented('keys are per account'),
  I4: documented('a response is kept for 24 hours'),
  I5: fake('a replay has Idempotent-Replayed: true and a fresh x-request-id'),
  I6: fake('the order of members and white space make no other body'),
  I7: fake('a key used again with another body repeats the first answer, with Idempotency-Payload-Mismatch: true'),
  I8: fake('a key used again on another operation answers 422'),
  I9: fake('a refusal is not kept: the retry is judged afresh'),
  I10: fake('simultaneous duplicates make one carrier and all get its answer'),
  I11: fake('two keys of one account share its Idempotency-Keys'),
  I12: fake('an answer that was lost after the commit is what the retry gets'),
  I13: fake('a failure before the commit leaves nothing: the retry creates'),
  I14: fake('a replay does not extend the 24 hours'),
  I15: fake('the answer outlives the deletion of what it tells of'),
  O1: fake('checks go in the order that docs/fidelity.md tells')
} as const satisfies Record<string, Rule>

export type RuleId = keyof typeof rules

/** The marks of a schema node: the rule behind it, where that comes from, and what a client is told when it is broken. */
export const enforcing = (rule: RuleId, message?: string) => ({
  'x-topcalls-rule': rule,
  'x-topcalls-source': rules[rule].source,
  ...(message && { 'x-topcalls-message': message })
})
