/** What stands in place of a secret. */
export const redacted = '[redacted]'

const secretName =
  /pass|pwd|(?<![a-z])pw(?![a-z])|kennwort|secret|token|authorization|cookie|credential|signature|(?<![a-z])ha1|(?:api|private)[-_]?key/i

/** Whether what is called so is a secret. */
export const isSecretName = (name: string): boolean => secretName.test(name)

// An underscore may stand there as an escape, even as the escape of an escape.
const keyInText = /tc(?:_|%(?:25)*5f)live(?:_|%(?:25)*5f).*/is

/**
 * Whether a JSON text in lower case may hold a secret: by a name, by a key, or under an escape that hides either. To ignore case takes
 * a pattern twice as long.
 */
const suspiciousJson = new RegExp(`${secretName.source}|registration|inbound_auth|tc_live_|%|@|\\\\`)

/** Whatever a step of `withoutSecrets` would change has one of these, and most texts have none. To be extended with the steps. */
const suspiciousText = /tc[_%]|[@=]/i

/**
 * A text without API keys, which have a form of their own and are cut away with all that follows, without `password=…`, and
 * without the password of an address.
 */
export function withoutSecrets(text: string): string {
  if (!suspiciousText.test(text)) return text
  const keyless = text.replace(keyInText, 'tc_live_…')
  const plain = keyless.includes('@') ? withoutPasswords(keyless) : keyless
  return plain.includes('=') ? withoutAssignments(plain) : plain
}

/** Without the passwords of `https://user:password@host` and `sip:user:password@host`. */
function withoutPasswords(text: string): string {
  return text
    .split(/([\s"])/)
    .map(word => (word.includes('@') ? withoutPasswordsIn(word) : word))
    .join('')
}

/** By hand, since a pattern would take quadratic time. A password may hold colons, and with many parsers `@`. */
function withoutPasswordsIn(word: string): string {
  const behindAuthority = /[/?#]/g
  let told = ''
  let from = 0
  for (;;) {
    const scheme = word.indexOf(':', from)
    if (scheme < 0) return told + word.slice(from)
    const start = scheme + (word.startsWith('//', scheme + 1) ? 3 : 1)
    behindAuthority.lastIndex = start
    const end = behindAuthority.exec(word)?.index ?? word.length
    const authority = word.slice(start, end)
    // Of `sip:1001@host` nothing is a password.
    const colon = authority.indexOf(':')
    const at = authority.lastIndexOf('@')
    const hasPassword = colon >= 0 && colon < at
    told += word.slice(from, start)
    told += hasPassword ? `${authority.slice(0, colon + 1)}${redacted}${authority.slice(at)}` : authority
    from = end
  }
}

/** Without any character that `printable` would change; the usual case. */
const plainText = /^[ -~]*$/

/** The same, without what a terminal would obey or a reader not see: it is shown as its escape. */
export function printable(text: string): string {
  const plain = withoutSecrets(text)
  if (plainText.test(plain)) return plain
  return plain.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, character =>
    character.isWellFormed() ? encodeURIComponent(character) : '\ufffd'
  )
}

/** The name of a member that nobody knows may be as long as the body, and even a key. */
export function shortened(named: string): string {
  const path = printable(named)
  return path.length > 200 ? `${path.slice(0, 200).toWellFormed()}…` : path
}

/** Without the values of `password=…` and its like, as they stand in addresses. In pieces, since one pattern would take quadratic time. */
function withoutAssignments(text: string): string {
  // What is found in no part of the whole is found in no piece of it.
  if (!secretName.test(text)) return text
  const pieces = text.split(/([&;?\s])/).map(piece => {
    const name = piece.slice(0, piece.indexOf('=') + 1)
    return name !== '' && secretName.test(name) ? `${name}${redacted}` : piece
  })
  return pieces.join('')
}

/** A text of JSON with every secret in it redacted: what is called like one, at any depth, and API keys anywhere. */
export function redactedJson(json: string): string {
  const text = json.charCodeAt(0) === 0xfeff ? json.slice(1) : json
  return text !== '' && suspiciousJson.test(text.toLowerCase()) ? JSON.stringify(redact(JSON.parse(text))) : text
}

function redact(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecrets(value)
  if (Array.isArray(value)) return value.map(redact)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, member]) => [
    withoutSecrets(name),
    (secretName.test(name) && member !== null) || isBareCredential(name, member) ? redacted : redact(member)
  ])
  return Object.fromEntries(members)
}

/** Credentials that should have been an object with a password in it. */
function isBareCredential(name: string, member: unknown): boolean {
  return /^(?:registration|inbound_auth)$/.test(name) && (typeof member === 'string' || Array.isArray(member))
}

/** A header's value, which may be credentials under whatever name (RFC 9110, section 11.4). */
function redactedValue(value: string): string {
  const scheme = /^(basic|bearer|digest)\s/i.exec(value)?.[1]
  return scheme === undefined ? withoutSecrets(value) : `${scheme} ${redacted}`
}

/** Headers with every secret redacted; several lines of one name are joined, as Node does. */
export function redactedHeaders(headers: NodeJS.Dict<string | string[] | number>): Record<string, string> {
  const result: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) result[name] = secretName.test(name) ? redacted : redactedValue(String(value))
  }
  return result
}
