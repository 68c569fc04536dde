/** What stands in place of a secret. */
export const redacted = '[redacted]'

const secretName = /pass|pwd|secret|token|authorization|cookie|credential|api[-_]?key/i

/** Whether what is called so is a secret. */
export const isSecretName = (name: string): boolean => secretName.test(name)

// An underscore may stand there as an escape, even as the escape of an escape.
const keyInText = /tc(?:_|%(?:25)*5f)live(?:_|%(?:25)*5f).*/is

/** Whether a JSON text may hold a secret: by a name, by a key, or under an escape that hides either. */
const suspicious = new RegExp(`${secretName.source}|tc_live_|%|\\\\`, 'i')

/** A text without API keys, which have a form of their own and are cut away with all that follows, and without `password=…`. */
export function withoutSecrets(text: string): string {
  const plain = text.replace(keyInText, 'tc_live_…')
  return plain.includes('=') ? withoutAssignments(plain) : plain
}

/** Without the values of `password=…` and its like, as they stand in addresses. In pieces, since one pattern would take quadratic time. */
function withoutAssignments(text: string): string {
  const pieces = text.split(/([&;?\s])/).map(piece => {
    const name = piece.slice(0, piece.indexOf('=') + 1)
    return name !== '' && secretName.test(name) ? `${name}${redacted}` : piece
  })
  return pieces.join('')
}

/** A JSON text with every secret in it redacted: what is called like one, at any depth, and API keys anywhere. */
export function redactedJson(json: string): string {
  const text = json.charCodeAt(0) === 0xfeff ? json.slice(1) : json
  return text !== '' && suspicious.test(text) ? JSON.stringify(redact(JSON.parse(text))) : text
}

function redact(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecrets(value)
  if (Array.isArray(value)) return value.map(redact)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, member]) => [
    withoutSecrets(name),
    secretName.test(name) && member !== null ? redacted : redact(member)
  ])
  return Object.fromEntries(members)
}

/** Headers with every secret redacted; several lines of one name are joined, as Node does. */
export function redactedHeaders(headers: NodeJS.Dict<string | string[] | number>): Record<string, string> {
  const result: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) result[name] = secretName.test(name) ? redacted : withoutSecrets(String(value))
  }
  return result
}
