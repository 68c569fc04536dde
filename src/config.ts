import { parseArgs } from 'node:util'
import { parseInstant } from './clock.ts'
import { UsageError } from './failure.ts'
import { authModes, durabilities, strictnesses } from './modes.ts'
import { journalDefaults } from './store/journal.ts'

// Without TypeBox on purpose: a health check runs every few seconds, and loading TypeBox takes longer than the rest of it.

interface Option<T> {
  /** What stands behind the flag in --help; nothing for a flag without a value. */
  value?: string
  description: string
  fallback: T
  /** What the value must be, as the end of a sentence. */
  expected: string
  /** The value of a text, or undefined where the text is not acceptable. */
  parse(text: string): T | undefined
}

function text<T extends string | undefined>(value: string, fallback: T, description: string): Option<string | T> {
  return { value, description, fallback, expected: 'a text that is not empty', parse: given => given || undefined }
}

function integer(
  value: string,
  fallback: number,
  [least, most]: [number, number],
  description: string
): Option<number> {
  const parse = (given: string): number | undefined => {
    const number = /^(0|[1-9]\d{0,8})$/.test(given) ? Number(given) : Number.NaN
    return number >= least && number <= most ? number : undefined
  }
  return { value, description, fallback, expected: `an integer from ${least} to ${most}`, parse }
}

function choice<T extends string>(choices: readonly T[], fallback: NoInfer<T>, description: string): Option<T> {
  const parse = (given: string) => choices.find(one => one === given)
  return { value: choices.join('|'), description, fallback, expected: `one of ${choices.join(', ')}`, parse }
}

function list(value: string, description: string): Option<string[] | undefined> {
  const parse = (given: string) => {
    const items = given.split(',').map(item => item.trim())
    return items.every(item => item !== '') ? items : undefined
  }
  return { value, description, fallback: undefined, expected: 'names, separated by commas', parse }
}

function instant(value: string, description: string): Option<string | undefined> {
  const parse = (given: string) => (parseInstant(given) === undefined ? undefined : given)
  return { value, description, fallback: undefined, expected: 'an instant such as 2030-01-01T00:00:00Z', parse }
}

/** A flag that has no value; its variable is true or false. */
function flag(description: string): Option<boolean> {
  const values = new Map([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false]
  ])
  return { description, fallback: false, expected: 'true or false', parse: given => values.get(given) }
}

const optional = <T>(option: Option<T>): Option<T | undefined> => ({ ...option, fallback: undefined })

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** Every option, once: `logLevel` is the flag --log-level and the variable TOPCALLS_LOG_LEVEL. */
const options = {
  host: text('ADDRESS', '127.0.0.1', 'address to listen on'),
  port: integer('PORT', 8672, [0, 65535], 'port to listen on, 0 to 65535; 0 takes any free one'),
  database: {
    ...text('FILE', ':memory:', 'SQLite file, created where it is missing, or :memory:'),
    expected: 'a file name without blanks around it',
    parse: (given: string) => (given !== '' && given.trim() === given ? given : undefined)
  },
  durability: choice(
    durabilities,
    'full',
    'full: an answer is on disk; relaxed: a power loss may take the last ones back'
  ),
  keys: text('FILE', undefined, 'JSON list of API keys'),
  auth: optional(
    choice(
      authModes,
      'any',
      'which keys count: any well-formed one, or listed ones only (default any; list with --keys)'
    )
  ),
  strictness: choice(strictnesses, 'inferred', 'which rules are enforced'),
  seedFile: text('FILE', undefined, 'state to start with and to reset to, as GET /_topcalls/v1/state exports it'),
  seed: optional(integer('NUMBER', 0, [0, 999_999_999], 'makes ids, and the dice of faults, the same in each run')),
  clock: instant('INSTANT', 'where the clock stands still until it is steered, such as 2030-01-01T00:00:00Z'),
  journalEntries: integer(
    'COUNT',
    journalDefaults.entries,
    [0, 999_999_999],
    'requests that the journal keeps per account'
  ),
  journalBytes: integer(
    'BYTES',
    journalDefaults.bytes,
    [0, 999_999_999],
    'room of the journal, for all accounts together'
  ),
  noControl: flag('leave out the control plane, /_topcalls/v1'),
  controlPort: optional(integer('PORT', 0, [0, 65535], 'port of its own for the control plane')),
  controlToken: text('TOKEN', undefined, 'bearer token that control calls must bring'),
  controlTokenFile: text('FILE', undefined, 'file with that token, which then stands in no list of processes'),
  allowedHosts: list('NAMES', 'host names, beside loopback, under which the control plane may be called'),
  logLevel: choice(logLevels, 'info', 'least severe log line that is written')
}

export type Config = { [Name in keyof typeof options]: (typeof options)[Name]['fallback'] }

const declared = Object.entries<Option<unknown>>(options).map(([name, option]) => ({
  name,
  flag: name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`),
  variable: `TOPCALLS_${name.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`,
  ...option
}))

const commands = {
  start: 'run the server (the default)',
  exec: 'run a command with a server of its own: fake-topcalls exec [options] -- npm test',
  healthcheck: 'ask a running server, found by the same options, whether it is ready; exit 1 if not',
  openapi: 'print the OpenAPI document of the emulated API'
}
export type Command = keyof typeof commands

export type Invocation =
  | { help: true }
  | { version: true }
  /** `program` is what stands behind `--`, for exec. */
  | { command: Command; config: Config; program: string[] }

/** What is otherwise for a command than for the rest. */
const defaultsOf: { [command: string]: Partial<Record<string, unknown>> } = { exec: { port: 0, logLevel: 'warn' } }

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
  if (!Object.hasOwn(commands, command)) {
    throw new UsageError(`unknown command "${command}"; there are ${Object.keys(commands).join(', ')}.`)
  }
  if (command === 'exec' && program.length === 0) {
    throw new UsageError('exec needs the command to run behind --, as in fake-topcalls exec -- npm test.')
  }
  const [unexpected] = command === 'exec' ? rest : [...rest, ...program]
  if (unexpected !== undefined) throw new UsageError(`unexpected argument "${unexpected}".`)
  const defaults = defaultsOf[command] ?? {}

  const config = declared.map(({ name, flag, variable, fallback, expected, parse }) => {
    const typed = values[flag]
    const given = typed === undefined ? environment[variable] || undefined : String(typed)
    if (given === undefined) return [name, Object.hasOwn(defaults, name) ? defaults[name] : fallback]
    const value = parse(given)
    if (value !== undefined) return [name, value]
    throw new UsageError(`${typed === undefined ? variable : `--${flag}`} must be ${expected}, not "${given}".`)
  })
  return { command: command as Command, config: Object.fromEntries(config), program }
}

type Flags = Record<string, string | boolean | undefined>

function parseFlags(args: string[]): { values: Flags; positionals: string[] } {
  const flags = Object.fromEntries(
    declared.map(({ flag, value }) => [
      flag,
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
  const flags = declared.map(({ flag, variable, value, description, fallback }) => {
    const otherwise = fallback === undefined || value === undefined ? '' : ` (default ${fallback})`
    return `  --${[flag, value].join(' ').trim()}\n      ${description}${otherwise}; ${variable}`
  })
  const verbs = Object.entries(commands).map(([name, purpose]) => `  ${name.padEnd(12)} ${purpose}`)
  return `fake-topcalls: an emulator of the TopCalls HTTP API

Usage: fake-topcalls [command] [options]

Commands:
${verbs.join('\n')}

Options, each with an environment variable that a flag overrides:
${flags.join('\n')}
  -h, --help
      print this text
  -v, --version
      print the version

exec takes a free port and log level warn unless told otherwise. It sets TOPCALLS_BASE_URL, TOPCALLS_API_KEY and
TOPCALLS_CONTROL_URL, and TOPCALLS_CONTROL_TOKEN where there is one.

Exit codes: 0 stopped as asked, 1 could not start or is not ready, 2 wrong usage; exec: that of the command.
`
}
