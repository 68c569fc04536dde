import { type Static, Type } from 'typebox'
import { AccountId, AccountName, Duration, Instant } from './common.ts'

/** Every scope that TopCalls documents (D). */
export const scopes = [
  'calls:read',
  'calls:write',
  'campaigns:read',
  'campaigns:write',
  'knowledge:read',
  'knowledge:write',
  'leads:write',
  'phone_numbers:read',
  'phone_numbers:write'
] as const
export type Scope = (typeof scopes)[number]

/** Live keys look like `tc_live_xxxxx` (D). The characters are those of RFC 6750's token; the length is ours (F). */
const keyPattern = '^tc_live_[A-Za-z0-9._~+/-]+=*$'
const longestKey = 255
const keyForm = new RegExp(keyPattern)

/** Whether a token has the form of an API key. */
export const isKey = (token: string): boolean => token.length <= longestKey && keyForm.test(token)

const Token = Type.String({ pattern: keyPattern, maxLength: longestKey, description: 'the bearer token, `tc_live_…`' })
const Scopes = Type.Array(Type.Enum(scopes), { description: 'What the key may do, such as `phone_numbers:write`' })
const Revoked = Type.Boolean({ description: 'A revoked key answers 401' })
const ExpiresAt = Instant('RFC 3339 instant from which on the key answers 401')

/** A key of the list that `--keys` names. */
export const ApiKey = Type.Object(
  {
    key: Token,
    account_id: Type.String({ format: 'uuid', description: 'UUID of the account; several keys may share one' }),
    scopes: Scopes,
    revoked: Type.Optional(Revoked),
    expires_at: Type.Optional(ExpiresAt)
  },
  { additionalProperties: false }
)
export type ApiKey = Static<typeof ApiKey>

/** What is told of a key; never the key itself. */
export const KeyInfo = Type.Object(
  {
    id: Type.String({ format: 'uuid', description: 'Names the key in control calls' }),
    account_id: AccountId,
    scopes: Scopes,
    revoked: Revoked,
    expires_at: Type.Optional(ExpiresAt)
  },
  { $id: 'Key' }
)
export type KeyInfo = Static<typeof KeyInfo>

/** What to mint. */
export const KeyRequest = Type.Object(
  {
    account: Type.Optional({
      ...AccountName,
      description: 'The account: its id or one of its keys; a new one without'
    }),
    key: Type.Optional({ ...Token, description: 'The token; random without. One that is listed already is replaced' }),
    scopes: Type.Optional({ ...Scopes, description: 'What the key may do; everything without' }),
    revoked: Type.Optional(Revoked),
    expires_at: Type.Optional(ExpiresAt),
    ttl: Type.Optional(Duration('Instead of `expires_at`: from now on'))
  },
  { additionalProperties: false }
)
export type KeyRequest = Static<typeof KeyRequest>

export const MintedKey = Type.Object(
  { key: { ...Token, description: 'The token. It is told this once' }, ...KeyInfo.properties },
  { $id: 'MintedKey' }
)
export type MintedKey = Static<typeof MintedKey>

/** A key in an exported state: a salted hash in place of the token. */
export const StoredKey = Type.Object(
  {
    ...KeyInfo.properties,
    salt: Type.String({ pattern: '^[0-9a-f]{32}$' }),
    hash: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description: 'SHA-256 of salt and token, in base64url' })
  },
  { additionalProperties: false }
)
export type StoredKey = Static<typeof StoredKey>
