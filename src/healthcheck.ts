import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Config } from './config.ts'
import { Failure, UsageError } from './failure.ts'
import { printable } from './redaction.ts'

const healthTimeoutMilliseconds = 2_000

/**
 * Asks the server of an address whether it is ready.
 * @throws {Failure} when it is not, or does not answer
 */
export async function askHealth({ host, port }: Pick<Config, 'host' | 'port'>): Promise<void> {
  if (port === 0) throw new UsageError('healthcheck needs the --port of the server, not 0.')
  const wildcard: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
  const target = { host: wildcard[host] ?? host, port, path: '/_topcalls/readyz', timeout: healthTimeoutMilliseconds }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = get(target, resolve)
    request.on('timeout', () => request.destroy(new Error(`no answer within ${healthTimeoutMilliseconds / 1000} s`)))
    request.on('error', ({ message }) => reject(new Failure(`not ready: ${message}.`)))
  })
  if (response.statusCode === 200) return void response.resume()
  const body = await text(response).catch(() => '')
  throw new Failure(`not ready: the server answered ${response.statusCode}${causeIn(body)}.`)
}

/** What a problem document says, as the rest of a sentence. */
function causeIn(body: string): string {
  try {
    const { detail } = JSON.parse(body)
    return typeof detail === 'string' ? `: ${printable(detail)}` : ''
  } catch {
    return ''
  }
}
