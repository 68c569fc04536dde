import type { IncomingMessage } from 'node:http'

/**
 * Counts the lines of a header, of which Node keeps one or joins several, silently. Node's `headersDistinct` would tell as well,
 * for 3 % of a replay.
 * @param name in lower case
 */
export function countLines({ rawHeaders }: IncomingMessage, name: string): number {
  let lines = 0
  // Names and values stand in turns.
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const sent = rawHeaders[index] as string
    if (sent.length === name.length && sent.toLowerCase() === name) lines++
  }
  return lines
}
