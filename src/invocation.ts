import { parseArgs } from 'node:util'
import {
  type Config,
  coverageOptions,
  type ExecConfig,
  execOptions,
  serverOptions,
  type VerifyConfig,
  verifyOptions
} from './config.ts'
import { UsageError } from './failure.ts'
import type { Option } from './option.ts'
import { shortened } from './redaction.ts'

/** What is otherwise for `exec` than for the rest. */
const execDefaults: Partial<Config> = { port: 0, logLevel: 'warn' }

const commands = {
  start: { purpose: 'run the server (the default)', options: serverOptions, defaults: {} },
  exec: {
    purpose: 'run a command with a server of its own: fake-topcalls exec [options] -- npm test',
    options: execOptions,
    defaults: execDefaults
  },
  verify: {
    purpose: 'ask a server whether it keeps the contract: fake-topcalls verify --url URL --key KEY',
    options: verifyOptions,
    defaults: {}
  },
  healthcheck: {
    purpose: 'ask a running server, found by the same options, whether it is ready; exit 1 if not',
    options: serverOptions,
    defaults: {}
  },
  openapi: { purpose: 'print the OpenAPI document of the emulated API', options: serverOptions, defaults: {} }
}
export type ServerCommand = Exclude<keyof typeof commands, 'exec' | 'verify'>

export type Invocation =
  | { help: true }
  | { version: true }
  | { command: ServerCommand; config: Config }
  /** `program` is what stands behind `--`. */
  | { command: 'exec'; config: ExecConfig; program: string[] }
  | { command: 'verify'; config: VerifyConfig }

const flagOf = (name: string) => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
const variableOf = (name: string, { variable }: Option<unknown>) =>
  variable ?? `TOPCALLS_${name.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`

/** Every flag of every command; one that a command has no use for is refused with its name. */
const allOptions: Record<string, Option<unknown>> = { ...execOptions, ...verifyOptions }

/**
 * Reads arguments and environment once. Flags beat variables, variables beat defaults; an empty variable counts as unset.
 * @throws {UsageError} for an unknown flag, command or value
 */
export function readInvocation(args: string[], environment: Record<string, string | undefined>): Invocation {
  const separator = args.includes('--') ? args.indexOf('--') : args.length
  const program = args.slice(separator + 1)
  const { values, positionals } = parseFlags(args.slice(0, separator))
  if (values.help) return { help: true }
  if (values.version) return { version: true }

  const [command = 'start', ...rest] = positionals
  if (!isCommand(command)) {
    throw new UsageError(`unknown command "${command}"; there are ${Object.keys(commands).join(', ')}.`)
  }
  if (command === 'exec' && program.length === 0) {
    throw new UsageError('exec needs the command to run behind --, as in fake-topcalls exec -- npm test.')
  }
  const [unexpected] = command === 'exec' ? rest : [...rest, ...program]
  if (unexpected !== undefined) throw new UsageError(`unexpected argument "${unexpected}".`)

  const config = readValues(command, values, environment)
  return { command, config, program } as Invocation
}

const isCommand = (name: string): name is keyof typeof commands => Object.hasOwn(commands, name)

function readValues(command: keyof typeof commands, values: Flags, environment: Record<string, string | undefined>) {
  const options: Record<string, Option<unknown>> = commands[command].options
  const defaults: Record<string, unknown> = commands[command].defaults
  const known = Object.keys(options).map(flagOf)
  const foreign = Object.keys(values).find(flag => !known.includes(flag))
  if (foreign !== undefined) throw new UsageError(`${command} takes no --${foreign}.`)

  const read = Object.entries(options).map(([name, option]) => {
    const typed = values[flagOf(name)]
    const variable = variableOf(name, option)
    const given = typed === undefined ? environment[variable] || undefined : String(typed)
    if (given === undefined) return [name, Object.hasOwn(defaults, name) ? defaults[name] : option.fallback]
    const value = option.parse(given)
    if (value !== undefined) return [name, value]
    const where = typed === undefined ? variable : `--${flagOf(name)}`
    throw new UsageError(`${where} must be ${option.expected}${option.secret ? '' : `, not "${shortened(given)}"`}.`)
  })
  return Object.fromEntries(read)
}

type Flags = Record<string, string | boolean | undefined>

function parseFlags(args: string[]): { values: Flags; positionals: string[] } {
  const flags = Object.fromEntries(
    Object.entries(allOptions).map(([name, { value }]) => [
      flagOf(name),
      { type: value === undefined ? ('boolean' as const) : ('string' as const) }
    ])
  )
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { ...flags, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } }
    })
  } catch (error) {
    // The first sentence names the flag; the others teach parseArgs.
    const [sentence = ''] = String((error as Error).message).split(/\. |\n/)
    throw new UsageError(`${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/, '')}.`)
  }
}

/** The text of --help. */
export function helpText(): string {
  const flags = (options: Record<string, Option<unknown>>) =>
    Object.entries(options).map(([name, option]) => {
      const { value, description, fallback } = option
      const otherwise = fallback === undefined || value === undefined ? '' : ` (default ${fallback})`
      const flag = [flagOf(name), value].join(' ').trim()
      return `  --${flag}\n      ${description}${otherwise}; ${variableOf(name, option)}`
    })
  const verbs = Object.entries(commands).map(([name, { purpose }]) => `  ${name.padEnd(12)} ${purpose}`)
  return `fake-topcalls: an emulator of the TopCalls HTTP API

Usage: fake-topcalls [command] [options]

Commands:
${verbs.join('\n')}

Options, each with an environment variable that a flag overrides:
${flags(serverOptions).join('\n')}
  -h, --help
      print this text
  -v, --version
      print the version

exec takes a free port and log level warn unless told otherwise. It sets TOPCALLS_BASE_URL, TOPCALLS_API_KEY and
TOPCALLS_CONTROL_URL, and TOPCALLS_CONTROL_TOKEN where there is one. Options of its own:
${flags(coverageOptions).join('\n')}

Options of verify, which takes no others:
${flags(verifyOptions).join('\n')}

Exit codes: 0 stopped as asked, 1 could not start or is not ready, 2 wrong usage; exec: that of the command, else 1 below --min; verify: 0 all
held, 1 a documented rule failed or the run could not end, 3 only inferred rules or decisions of the fake differed.
`
}
