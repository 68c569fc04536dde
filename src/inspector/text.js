/** What a reader would not see as it is, or what moves the text around it: controls, format characters, halves of pairs. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/gu

/** A text that somebody sent, with what is not seen as an escape. @param {unknown} text */
export function visible(text) {
  return String(text).replace(unseen, character =>
    Array.from(
      { length: character.length },
      (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`
    ).join('')
  )
}

/** As much of an id as tells it from its neighbours. @param {string | null} id */
export const short = id => (id === null ? 'no account' : visible(id).slice(0, 8))

/** A colour for an account, beside its name. @param {string | null} id */
export const hueOf = id => (id === null ? 0 : Number.parseInt(id.slice(0, 6), 16) % 360)

/** The time of day of an instant, in UTC as everything else. @param {string} at */
export const timeOf = at => at.slice(11, 23)

/** @param {string} at */
export const instant = at => at.replace('T', ' ').replace('Z', '')

/** @param {number} milliseconds */
export const milliseconds = milliseconds =>
  milliseconds < 1_000 ? `${milliseconds.toFixed(1)} ms` : `${(milliseconds / 1_000).toFixed(2)} s`

/** A span of time in two units at most. @param {number} span in milliseconds */
export function duration(span) {
  const seconds = Math.floor(span / 1_000)
  if (seconds < 1) return `${Math.max(0, Math.round(span))} ms`
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`
}

/** @param {number} count @param {string} noun @param {string} [plural] */
export const counted = (count, noun, plural = `${noun}s`) =>
  `${count.toLocaleString('en')} ${count === 1 ? noun : plural}`

/** For a POSIX shell. @param {string} text */
const quoted = text => `'${text.replaceAll("'", "'\\''")}'`

/** Where the emulated API is; on another port than this page if the control plane has one of its own. */
export function apiUrl() {
  const port = document.documentElement.dataset.apiPort
  return port ? `http://${location.hostname}:${port}` : location.origin
}

/** Headers that a client adds by itself. */
const own = /^(?:host|connection|keep-alive|content-length|transfer-encoding|accept|user-agent|accept-.*|sec-.*)$/

/**
 * A request as a line for curl. What was redacted is for the reader to fill in.
 * @param {{ method: string, path: string, headers: Record<string, string>, body?: unknown }} request
 */
export function curlOf({ method, path, headers, body }) {
  const lines = Object.entries(headers)
    .filter(([name]) => !own.test(name))
    .map(([name, value]) =>
      name === 'authorization' ? `-H "Authorization: Bearer $TOPCALLS_API_KEY"` : `-H ${quoted(`${name}: ${value}`)}`
    )
  const data = body === null || body === undefined ? [] : [`--data-raw ${quoted(visible(JSON.stringify(body)))}`]
  const address = quoted(apiUrl() + encodeURI(path.toWellFormed()))
  return [`curl -i -X ${/^[A-Z]+$/.test(method) ? method : quoted(method)} ${address}`, ...lines, ...data].join(
    ' \\\n  '
  )
}
