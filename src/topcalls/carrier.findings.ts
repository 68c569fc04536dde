import { isObject } from '../json.ts'
import type { Behaviour } from '../observed.ts'
import type { Finding } from '../schemas/request.ts'
import { type Credentials, credentialMembers } from './carrier.credentials.ts'
import { type Members, unknownMembers } from './findings.ts'

/** Jambonz keeps the name of a carrier in a column of this length. */
const jambonzNameLength = 64

/** Tells what is worth knowing of the body of "add custom carrier" although no rule forbids it. */
export function carrierFindings(behaviour: Behaviour): (body: unknown) => Finding[] {
  const { registration, inboundAuth } = credentialMembers(behaviour)
  const known: Members = {
    carrier_name: {},
    trunk_type: {},
    sip_gateway: { ipv4: {}, port: {}, inbound: {}, outbound: {} },
    registration: namesOf(registration),
    inbound_auth: namesOf(inboundAuth)
  }
  return body => (isObject(body) ? findingsOf(body, known) : [])
}

const namesOf = (members: Credentials): Members =>
  Object.fromEntries(Object.values(members).flatMap(({ spellings }) => spellings.map(name => [name, {}])))

function findingsOf(body: Record<string, unknown>, known: Members): Finding[] {
  const findings = unknownMembers(body, known)
  const { carrier_name: name, trunk_type: trunkType = 'static_ip' } = body
  if (typeof name === 'string' && name.length > jambonzNameLength && [...name].length > jambonzNameLength) {
    const message = `The name has more than ${jambonzNameLength} characters, which Jambonz could not hold`
    findings.push({ code: 'name_too_long_for_jambonz', path: 'carrier_name', message })
  }
  for (const [member, needed] of [
    ['registration', 'reg'],
    ['inbound_auth', 'auth']
  ] as const) {
    if (!isObject(body[member]) || trunkType === needed) continue
    const message = `They are for the trunk_type "${needed}" and not used with the one of this request`
    findings.push({ code: 'unused_credentials', path: member, message })
  }
  return findings
}
