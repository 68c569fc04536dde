/** @import { Told } from './types.ts' */
import { askForToken, credentials } from './control.js'

const silenceMilliseconds = 40_000

/**
 * Follows what the server tells, until the connection is lost.
 * @param {Record<string, string>} query
 * @param {string} last the id behind which it goes on
 * @param {(told: Told[]) => void} take gets what comes together; the first time where the stream begins
 * @param {AbortSignal} [signal]
 */
export async function listen(query, last, take, signal) {
  const silence = new AbortController()
  const abort = () => silence.abort()
  // The server says every 15 seconds that it is still there.
  let timer = setTimeout(abort, silenceMilliseconds)
  signal?.addEventListener('abort', abort)
  try {
    const { status, body } = await fetch(`v1/events?${new URLSearchParams({ brief: 'true', ...query })}`, {
      headers: { ...credentials(), 'last-event-id': last },
      signal: silence.signal
    })
    if (status === 401) askForToken()
    if (status !== 200 || !body) return
    const reader = body.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(timer)
      timer = setTimeout(abort, silenceMilliseconds)
      const events = (text + value).split('\n\n')
      text = events.pop() ?? ''
      take(events.map(toldBy))
    }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** @param {string} event @returns {Told} */
function toldBy(event) {
  /** @type {Record<string, string>} */
  const fields = Object.fromEntries(event.split('\n').map(line => line.split(/: (.*)/s, 2)))
  const { id, event: type, data } = fields
  return { id, ...(data && { [type === 'dropped' ? 'dropped' : 'entry']: JSON.parse(data) }) }
}
