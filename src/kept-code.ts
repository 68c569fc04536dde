import type { IncomingMessage, Server } from 'node:http'

/** So long after the first request most of what a server does has been called. */
const warmMilliseconds = 500

/**
 * Keeps V8's code once something was asked of the emulated API: soon, since V8 forgets the code of what is not called again,
 * and when the returned function is called, at the end.
 */
export function keepOnceUsed(server: Server, keepCode: () => void): () => void {
  let used = false
  server.on('request', function look({ url = '' }: IncomingMessage) {
    if (!url.startsWith('/v1/')) return
    server.off('request', look)
    used = true
    setTimeout(keepCode, warmMilliseconds).unref()
  })
  return () => {
    if (used) keepCode()
  }
}
