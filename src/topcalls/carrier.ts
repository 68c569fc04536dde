import { type Static, type TObject, type TProperties, Type } from 'typebox'
import type { Strictness } from '../modes.ts'
import { type Behaviour, guesses, observedMark } from '../observed.ts'
import { type TrunkType, trunkTypes } from '../schemas/carrier.ts'
import { type Credentials, complete, credentialMembers } from './carrier.credentials.ts'
import { closedBy, halfPair, instant, uuid } from './members.ts'
import { enforcing, type RuleId } from './rules.ts'

const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
const dottedQuad = `${octet}(?:\\.${octet}){3}`
// RFC 1123, section 2.1: labels of letters, digits and inner hyphens, of which the last is no number.
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const hostName = `(?:${label}\\.)*(?![0-9]+$)${label}`

const address = ({ inbound_default }: Behaviour) => ({
  type: 'string',
  pattern: `^${dottedQuad}$`,
  ...enforcing(
    'B4',
    `must be an IPv4 address such as 203.0.113.10 where "inbound" is true${inbound_default ? ', as it is by default' : ''} ` +
      `(Jambonz requires an IP for SBC matching); to use a host name, send "inbound": false`
  )
})

const addressOrHostName = {
  pattern: `^(?:${dottedQuad}|${hostName})$`,
  ...enforcing(
    'B7',
    'must be an IPv4 address such as 203.0.113.10 or a host name such as sip.example.com, without port'
  )
}

/**
 * The body of "add custom carrier": validator and documentation in one. `strictness` decides which rules are in it.
 * What `documented` does not judge is `unknown` to the program.
 */
export function carrierCreate(strictness: Strictness, behaviour: Behaviour = guesses) {
  const { registration, inboundAuth } = credentialMembers(behaviour)
  const inferred = <T extends object>(keywords: T): Partial<T> => (strictness === 'documented' ? {} : keywords)
  const closed = closedBy(strictness, behaviour)

  const flag = (fallback: boolean, description: string, mark = {}) =>
    Type.Optional(
      Type.Unknown({
        ...inferred({ type: 'boolean', default: fallback }),
        ...enforcing('B9'),
        ...inferred(mark),
        description
      })
    )

  const SipGateway = Type.Object(
    {
      ipv4: Type.Optional(
        Type.Unknown({
          ...inferred({ type: 'string', minLength: 1, maxLength: 128 }),
          format: 'well-formed-unicode',
          ...enforcing('B7', halfPair),
          description: 'IPv4 address of the gateway; a host name only where `inbound` is `false`'
        })
      ),
      port: Type.Optional(
        Type.Unknown({
          ...inferred({ type: 'integer', minimum: 1, maximum: 65535, default: 5060 }),
          ...enforcing('B8'),
          description: 'SIP port'
        })
      ),
      inbound: flag(
        behaviour.inbound_default,
        'Whether calls come in through this gateway',
        observedMark(behaviour, 'inbound_default')
      ),
      outbound: flag(true, 'Whether calls go out through this gateway')
    },
    {
      allOf: [
        {
          // That an absent `inbound` means true is inferred.
          if: {
            properties: { inbound: { const: true } },
            ...((strictness === 'documented' || !behaviour.inbound_default) && { required: ['inbound'] })
          },
          then: { required: ['ipv4'], properties: { ipv4: address(behaviour) } }
        },
        inferred({
          if: {
            properties: { inbound: { const: false } },
            ...(behaviour.inbound_default && { required: ['inbound'] })
          },
          then: { properties: { ipv4: addressOrHostName } }
        }),
        inferred({ required: ['ipv4'], ...enforcing('B7') })
      ],
      ...enforcing('B3'),
      ...closed,
      description: 'The SIP gateway of the carrier'
    }
  )

  /** The object as it may always be: every spelling of every member, checked for its type only (B12), or null (B13). */
  const credentials = (members: Credentials, membersRule: RuleId, marks: object) => {
    const properties: TProperties = {}
    for (const { spellings } of Object.values(members)) {
      for (const name of spellings) {
        const told = spellings.map(spelling => `\`${spelling}\``).join(', ')
        properties[name] = Type.Optional(
          Type.Unknown({
            ...inferred({ type: 'string' }),
            ...enforcing(membersRule),
            ...observedMark(behaviour, 'credential_names'),
            description: spellings.length > 1 ? `One of ${told}` : 'In this spelling only'
          })
        )
      }
    }
    const { type: _, ...schema } = Type.Object(properties, { ...marks, ...closed })
    const nullable =
      behaviour.null_credentials === 'absent'
        ? { type: ['object', 'null'], ...schema }
        : { type: 'object', ...schema, 'x-topcalls-null': 'B13', ...observedMark(behaviour, 'null_credentials') }
    return Type.Optional(Type.Unsafe<Static<TObject> | null>(nullable))
  }

  /** What the object must be with its own `trunk_type`. */
  const requiredWith = (
    trunkType: TrunkType,
    member: string,
    members: Credentials,
    membersRule: RuleId,
    marks: object
  ) => ({
    if: { properties: { trunk_type: { const: trunkType } }, required: ['trunk_type'] },
    then: {
      required: [member],
      properties: { [member]: { not: { type: 'null' }, ...inferred(complete(members, membersRule)), ...marks } },
      ...marks
    }
  })

  return Type.Object(
    {
      carrier_name: Type.String({
        minLength: 1,
        maxLength: 100,
        format: 'well-formed-unicode',
        ...enforcing('B1', halfPair),
        description: 'Name of the carrier; counted in Unicode code points, not trimmed'
      }),
      trunk_type: Type.Optional(
        Type.Enum(trunkTypes, {
          default: 'static_ip',
          ...enforcing('B2'),
          description: 'Allow-listed IP, credentials on inbound calls, or SIP registration'
        })
      ),
      sip_gateway: SipGateway,
      registration: credentials(registration, 'B10', {
        ...enforcing('B5'),
        description: 'Credentials of the SIP registration; required where `trunk_type` is `reg`'
      }),
      inbound_auth: credentials(inboundAuth, 'B11', {
        ...enforcing('B6'),
        description: 'Credentials of inbound calls; required where `trunk_type` is `auth`'
      })
    },
    {
      $id: 'CarrierCreate',
      allOf: [
        requiredWith(
          'reg',
          'registration',
          registration,
          'B10',
          enforcing('B5', 'is required where "trunk_type" is "reg"')
        ),
        requiredWith(
          'auth',
          'inbound_auth',
          inboundAuth,
          'B11',
          enforcing('B6', 'is required where "trunk_type" is "auth"')
        )
      ],
      ...enforcing('R3'),
      ...closed,
      description: 'A custom SIP carrier'
    }
  )
}

/** A body that has passed: the validator has filled in the default of `trunk_type`. */
export type CarrierCreate = Static<ReturnType<typeof carrierCreate>> & { trunk_type: TrunkType }

/** A carrier as it is told; credentials and gateway settings are never echoed. */
export const Carrier = Type.Object(
  {
    id: uuid('The carrier record; the delete operation takes this one'),
    account_id: uuid('The account that the key belongs to'),
    voip_carrier_sid: uuid('The carrier in the telephony layer, for provisioning phone numbers'),
    sip_gateway_sid: uuid('The SIP gateway'),
    carrier_name: Type.String({ 'x-topcalls-source': 'documented', description: 'As it was sent' }),
    trunk_type: Type.Enum(trunkTypes, { 'x-topcalls-source': 'documented', description: 'As it is stored' }),
    created_at: instant('RFC 3339 in UTC with milliseconds and `Z`')
  },
  { $id: 'Carrier', 'x-topcalls-source': 'documented', description: 'A custom SIP carrier' }
)
export type Carrier = Static<typeof Carrier>
