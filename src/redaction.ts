/** What stands in place of a secret. */
export const redacted = '[redacted]'

const secretName = /pass|pwd|secret|token|authorization|cookie|api[-_]?key/i
/** Whether what is called so is a secret. */
export const isSecretName = (name: string): boolean => secretName.test(name)

const keyInText = /tc_live_.*/s

/** Whether a JSON text may hold a secret: by a name, by a key, or under an escape that hides either. */
const suspicious = new RegExp(`${secretName.source}|tc_live_|\\\\`, 'i')

/** API keys have a form of their own, so what looks like one is cut away with all that follows it. */
export function withoutKeys(text: string): string {
  return text.replace(keyInText, 'tc_live_…')
}

/** A JSON text with every secret in it redacted: what is called like one, at any depth, and API keys anywhere. */
export function redactedJson(json: string): string {
  const text = json.charCodeAt(0) === 0xfeff ? json.slice(1) : json
  return text !== '' && suspicious.test(text) ? JSON.stringify(redact(JSON.parse(text))) : text
}

function redact(value: unknown): unknown {
  if (typeof value === 'string') return withoutKeys(value)
  if (Array.isArray(value)) return value.map(redact)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, member]) => [
    withoutKeys(name),
    secretName.test(name) && member !== null ? redacted : redact(member)
  ])
  return Object.fromEntries(members)
}

/** Headers with every secret redacted; several lines of one name are joined, as Node does. */
export function redactedHeaders(headers: NodeJS.Dict<string | string[] | number>): Record<string, string> {
  const result: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) result[name] = secretName.test(name) ? redacted : withoutKeys(String(value))
  }
  return result
}
