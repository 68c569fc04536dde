import { isObject } from '../json.ts'
import type { Behaviour } from '../observed.ts'
import { shortened } from '../redaction.ts'
import type { Finding } from '../schemas/request.ts'
import { type Credentials, credentialMembers } from './carrier.credentials.ts'

/** Jambonz keeps the name of a carrier in a column of this length. */
const jambonzNameLength = 64

/** A body may have thousands of members that nobody knows; so many are named one by one. */
const mostUnknownMembers = 20

/** The members that are known, and those of the objects among them. */
interface Members {
  [name: string]: Members
}

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
  const findings: Finding[] = []
  const unknown = [...unknownMembers(body, known)]
  for (const path of unknown.slice(0, mostUnknownMembers)) {
    const message = 'TopCalls documents no such member; it is ignored'
    findings.push({ code: 'unknown_member', path: shortened(path), message })
  }
  if (unknown.length > mostUnknownMembers) {
    const message = `So many more members are unknown: ${unknown.length - mostUnknownMembers}`
    findings.push({ code: 'unknown_member', message })
  }
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

function* unknownMembers(object: Record<string, unknown>, members: Members, within = ''): Generator<string> {
  for (const name of Object.keys(object)) {
    const path = `${within}${name}`
    const inner = Object.hasOwn(members, name) ? members[name] : undefined
    const value = object[name]
    if (!inner) yield path
    // A member that is no object by its schema has no members of its own.
    else if (Object.keys(inner).length > 0 && isObject(value)) yield* unknownMembers(value, inner, `${path}.`)
  }
}
