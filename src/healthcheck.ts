import { get } from 'node:http'
import type { Config } from './config.ts'
import { Failure, UsageError } from './failure.ts'

const healthTimeoutMilliseconds = 2_000

/**
 * Asks the server of an address whether it is ready.
 * @throws {Failure} when it is not, or does not answer
 */
export async function askHealth({ host, port }: Pick<Config, 'host' | 'port'>): Promise<void> {
  if (port === 0) throw new UsageError('healthcheck needs the --port of the server, not 0.')
  const wildcard: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
  const target = { host: wildcard[host] ?? host, port, path: '/_topcalls/readyz', timeout: healthTimeoutMilliseconds }
  const status = await new Promise((resolve, reject) => {
    const request = get(target, response => resolve(response.resume().statusCode))
    request.on('timeout', () => request.destroy(new Error(`no answer within ${healthTimeoutMilliseconds / 1000} s`)))
    request.on('error', ({ message }) => reject(new Failure(`not ready: ${message}.`)))
  })
  if (status !== 200) throw new Failure(`not ready: the server answered ${status}.`)
}
