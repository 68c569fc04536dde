import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import type { Config, ExecConfig, VerifyConfig } from './config.ts'
import { Failure, UsageError } from './failure.ts'
import type { StartOptions } from './index.ts'
import { helpText, readInvocation } from './invocation.ts'
import { keepOnceUsed } from './kept-code.ts'
import { isLoopbackAddress, isLoopbackUrl } from './loopback.ts'
import { takeOver } from './signals.ts'
import { createLogger } from './stderr-log.ts'
import { version } from './version.ts'

// The server is imported by the commands that need it: a health check must not pay for it.

/**
 * Runs the program; behind main.js the only file that reads arguments, environment and signals.
 * @param keepCode keeps what V8 has compiled, for later starts
 */
export async function main(keepCode = () => {}): Promise<void> {
  process.stdout.on('error', unlessUnread)
  // Who closed it, or filled its disk, is told nothing.
  process.stderr.on('error', () => {})
  try {
    const invocation = readInvocation(process.argv.slice(2), process.env)
    if ('help' in invocation) process.stdout.write(helpText())
    else if ('version' in invocation) process.stdout.write(`${version()}\n`)
    else if (invocation.command === 'start') await start(invocation.config, keepCode)
    else if (invocation.command === 'exec') await exec(invocation.config, invocation.program, keepCode)
    else if (invocation.command === 'verify') await verify(invocation.config)
    else if (invocation.command === 'openapi') await openapi(invocation.config)
    else await healthcheck(invocation.config)
  } catch (error) {
    process.stderr.write(`fake-topcalls: ${sentence(error)}\n`)
    process.exitCode = error instanceof Failure ? error.exitCode : 1
    if (process.exitCode === 2) process.stderr.write('Try fake-topcalls --help.\n')
  }
}

/** Whoever closed the other end of stdout wants no more of it, and a server goes on; on a full disk something is missing. */
function unlessUnread({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return
  process.stderr.write(`fake-topcalls: stdout cannot be written: ${message}.\n`)
  process.exit(1)
}

/** Asks a server, or a document, whether it keeps the contract. */
async function verify(config: VerifyConfig): Promise<void> {
  if (config.openapi !== undefined) {
    const { save, observed, output, only, reporter } = config
    if (reporter !== 'spec' || [save, observed, output, only].some(given => given !== undefined)) {
      throw new UsageError('--openapi asks no server: it excludes --save, --observed, --output, --only and --reporter.')
    }
    const { verifyDocument } = await import('./verify/document.ts')
    process.exitCode = await verifyDocument(config.openapi, process.stdout)
    return
  }
  const token = tokenOf(config)
  if (token !== undefined && !config.noControl && config.controlUrl === undefined && !isLoopbackUrl(config.url)) {
    const away = `${config.url} is not on loopback, so it gets no control token`
    throw new UsageError(`${away}: name its control plane by --control-url, or add --no-control.`)
  }
  const { verify: verifyServer } = await import('./verify/command.ts')
  const stop = new AbortController()
  let interrupted = 0
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15]
  ] as const) {
    takeOver(signal, () => {
      interrupted = 128 + number
      process.stderr.write(`${signal}: stopping, and deleting what was created; once more ends it at once\n`)
      // A second one ends the process as if nobody listened.
      process.removeAllListeners(signal)
      stop.abort()
    })
  }
  const streams = { out: process.stdout, err: process.stderr }
  const exitCode = await verifyServer(config, token, streams, stop.signal)
  process.exitCode = interrupted || exitCode
}

async function start(config: Config, keepCode: () => void): Promise<void> {
  const { listen } = await import('./index.ts')
  const { logger, flush } = await createLogger(config.logLevel)
  const options = await optionsOf(config)
  const server = await listen({ ...options, logger })
  warnOfOpenDoor(options, logger)
  const keepAtEnd = keepOnceUsed(server.app.server, keepCode)

  async function stop(signal: NodeJS.Signals): Promise<void> {
    // A second one ends the process as if nobody listened.
    process.removeAllListeners(signal)
    logger.info(`${signal}: stopping`)
    await server.close()
    await flush()
    keepAtEnd()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) takeOver(signal, stop)

  // Written to stdout, which carries nothing else, so that a script can wait for it.
  const { url, controlUrl } = server
  const apart = controlUrl !== undefined && controlUrl !== url ? { control_url: controlUrl } : {}
  process.stdout.write(`${JSON.stringify({ event: 'ready', url, ...apart, pid: process.pid })}\n`)
}

/** Runs a command with a server of its own. */
async function exec(config: ExecConfig, program: string[], keepCode: () => void): Promise<void> {
  const { min, report } = config
  const covered = config.coverage || min !== undefined || report !== undefined
  if (covered && config.noControl) {
    throw new UsageError('coverage is read through the control plane, so it excludes --no-control.')
  }
  const [{ startFakeTopCalls }, { runProgram }] = await Promise.all([import('./index.ts'), import('./exec.ts')])
  if (report !== undefined) (await import('./reports/output.ts')).checkWritable(report)
  const { logger, flush } = await createLogger(config.logLevel)
  const options = await optionsOf(config)
  await using server = await startFakeTopCalls({ ...options, logger })
  warnOfOpenDoor(options, logger)
  const keepAtEnd = keepOnceUsed(server.app.server, keepCode)
  const { url, controlUrl, apiKey } = server
  const exitCode = await runProgram(program, {
    TOPCALLS_BASE_URL: url,
    TOPCALLS_API_KEY: apiKey,
    // Of a server around this one they would steer that.
    TOPCALLS_CONTROL_URL: controlUrl,
    TOPCALLS_CONTROL_TOKEN: options.control ? options.control.token : undefined
  })
  await flush()
  process.exitCode = exitCode
  keepAtEnd()
  if (!covered) return
  try {
    const { tellCoverage } = await import('./exec-coverage.ts')
    const code = tellCoverage(await server.control.coverage(), { min, report, err: process.stderr })
    process.exitCode = exitCode || code
  } catch (error) {
    // That the suite failed is the greater news.
    if (exitCode === 0) throw error
    process.stderr.write(`fake-topcalls: ${sentence(error)}\n`)
  }
}

/** What the command line asks for, in the words of the library. */
async function optionsOf(config: Config): Promise<StartOptions> {
  const { host, port, database, durability, auth, strictness, seed, clock, keys, seedFile } = config
  if (port !== 0 && config.controlPort === port)
    throw new UsageError('--control-port must be another port than --port.')
  const [{ readKeys }, { readSeedFile }] = await Promise.all([import('./key-file.ts'), import('./seed-file.ts')])
  return {
    host,
    port,
    database,
    durability,
    auth,
    strictness,
    seed,
    clock,
    keys: keys === undefined ? undefined : readKeys(keys),
    state: seedFile === undefined ? undefined : readSeedFile(seedFile),
    observed: await observedOf(config),
    journal: { entries: config.journalEntries, bytes: config.journalBytes },
    control: config.noControl
      ? false
      : { port: config.controlPort, token: tokenOf(config), allowedHosts: config.allowedHosts }
  }
}

/** What was observed of another server; loaded for those who ask for it. */
async function observedOf({ observed }: Config) {
  if (observed === undefined) return undefined
  const { readObserved } = await import('./observed.ts')
  return readObserved(observed)
}

/** The token of the control plane, as it was typed or as it stands in its file. */
function tokenOf({
  controlToken,
  controlTokenFile: file
}: Pick<Config, 'controlToken' | 'controlTokenFile'>): string | undefined {
  if (file !== undefined && controlToken !== undefined) {
    throw new UsageError('--control-token and --control-token-file exclude each other.')
  }
  const token = file === undefined ? controlToken : readToken(file)
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token
  const where = file === undefined ? '--control-token' : `the token file ${file}`
  throw new UsageError(`${where} must hold one word of visible ASCII characters, the token.`)
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new UsageError(`the token file ${file} cannot be used: ${(error as NodeJS.ErrnoException).code}.`)
  }
}

/** Whoever reaches the port may steer the server, unless it asks for a token. */
function warnOfOpenDoor({ host = '', control }: StartOptions, logger: Logger): void {
  if (!control || control.token !== undefined || isLoopbackAddress(host)) return
  logger.warn(
    `anyone who reaches ${host} may steer this server: set --control-token, or leave the control plane out with --no-control`
  )
}

/** Asks the server that the same options would start. */
async function healthcheck(config: Config): Promise<void> {
  const { askHealth } = await import('./healthcheck.ts')
  await askHealth(config)
}

async function openapi(config: Config): Promise<void> {
  const { buildApp } = await import('./app.ts')
  const app = await buildApp({ strictness: config.strictness, observed: await observedOf(config) })
  process.stdout.write(app.swagger({ yaml: true }))
  await app.close()
}

function sentence(error: unknown): string {
  const { code, message, stack } = error as NodeJS.ErrnoException
  if (error instanceof Failure) return message
  if (code === 'EADDRINUSE')
    return `another program listens at ${message.split(' ').at(-1)} already; choose another port.`
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `cannot listen there: ${message}.`
  return stack ?? message
}
