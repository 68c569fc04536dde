import { type Behaviour, observedMark } from '../observed.ts'
import { enforcing, type RuleId } from './rules.ts'

const shortText = { minLength: 1, maxLength: 64 }
const notBlank = { ...shortText, pattern: '\\S' }

/** TopCalls publishes no names for the members of `registration`, so the likely spellings are accepted beside the first. */
const registration: Credentials = {
  username: {
    spellings: ['username', 'register_username'],
    rule: { ...shortText, pattern: '^\\S*$', ...enforcing('B10', 'must not contain white space') }
  },
  password: {
    spellings: ['password', 'register_password'],
    rule: { ...notBlank, ...enforcing('B10', 'must not be blank') }
  },
  realm: {
    spellings: ['realm', 'sip_realm', 'register_sip_realm', 'domain'],
    // One dot splits the text in one way only, so the pattern takes linear time.
    rule: {
      ...shortText,
      pattern: '^(?![Ss][Ii][Pp]:)[^\\s.]*\\.\\S*$',
      ...enforcing('B10', 'must be a domain such as sip.example.com, without "sip:" and white space')
    }
  }
}

const inboundAuth: Credentials = {
  username: {
    spellings: ['username', 'inbound_auth_username'],
    rule: { ...notBlank, ...enforcing('B11', 'must not be blank') }
  },
  password: {
    spellings: ['password', 'inbound_auth_password'],
    rule: { ...notBlank, ...enforcing('B11', 'must not be blank') }
  }
}

export type Credentials = Record<string, { spellings: string[]; rule: object }>

/** The members of both objects in the spellings that count. The first one is the short one. */
export function credentialMembers(behaviour: Behaviour): {
  registration: Credentials
  inboundAuth: Credentials
} {
  const { credential_names } = behaviour
  const mark = observedMark(behaviour, 'credential_names')
  const counts = (name: string, index: number) =>
    credential_names === 'all' || (credential_names === 'short' ? index === 0 : /^(register|inbound_auth)_/.test(name))
  const those = (members: Credentials): Credentials =>
    Object.fromEntries(
      Object.entries(members).map(([name, { spellings, rule }]) => [
        name,
        { spellings: spellings.filter(counts), rule: { ...rule, ...mark } }
      ])
    )
  return { registration: those(registration), inboundAuth: those(inboundAuth) }
}

/** Values of members, each in the first spelling that counts. */
export function spelled(members: Credentials, values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [members[name]?.spellings[0] ?? name, value]))
}

/** The members' own rules, for every spelling, and which of them must be there in one spelling or another. */
export function complete(members: Credentials, rule: RuleId) {
  const { realm: _, ...mandatory } = members
  return {
    properties: Object.fromEntries(
      Object.values(members).flatMap(({ spellings, rule }) => spellings.map(name => [name, rule]))
    ),
    allOf: Object.entries(mandatory).map(([name, { spellings }]) => ({
      if: { type: 'object', not: { anyOf: spellings.map(spelling => ({ required: [spelling] })) } },
      then: { required: [spellings[0] ?? name], ...enforcing(rule) }
    }))
  }
}
