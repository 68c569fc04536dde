import { parseArgs } from 'node:util'
import { UsageError } from './failure.ts'
import { strictnesses } from './strictness.ts'

// Without TypeBox on purpose: a health check runs every few seconds, and loading TypeBox takes longer than the rest of it.

interface Option<T> {
  /** What stands behind the flag in --help. */
  value: string
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

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** Every option, once: `logLevel` is the flag --log-level and the variable TOPCALLS_LOG_LEVEL. */
const options = {
  host: text('ADDRESS', '127.0.0.1', 'address to listen on'),
  port: integer('PORT', 8672, [0, 65535], 'port to listen on, 0 to 65535; 0 takes any free one'),
  database: text('FILE', ':memory:', 'SQLite file, created where it is missing, or :memory:'),
  keys: text('FILE', undefined, 'JSON list of the API keys that are accepted; without it any tc_live_… key is'),
  strictness: choice(strictnesses, 'inferred', 'which rules are enforced'),
  logLevel: choice(logLevels, 'info', 'least important log line that is written')
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
  healthcheck: 'ask a running server, found by the same options, whether it is ready; exit 1 if not',
  openapi: 'print the OpenAPI document of the emulated API'
}
export type Command = keyof typeof commands

export type Invocation = { help: true } | { version: true } | { command: Command; config: Config }

/**
 * Reads arguments and environment once. Flags beat variables, variables beat defaults; an empty variable counts as unset.
 * @throws {UsageError} for an unknown flag, command or value
 */
export function readInvocation(args: string[], environment: Record<string, string | undefined>): Invocation {
  const { values, positionals } = parseFlags(args)
  if (values.help) return { help: true }
  if (values.version) return { version: true }

  const [command = 'start', ...rest] = positionals
  if (!Object.hasOwn(commands, command)) {
    throw new UsageError(`unknown command "${command}"; there are ${Object.keys(commands).join(', ')}.`)
  }
  if (rest.length > 0) throw new UsageError(`unexpected argument "${rest[0]}".`)

  const config = declared.map(({ name, flag, variable, fallback, expected, parse }) => {
    const typed = values[flag]
    const given = typeof typed === 'string' ? typed : environment[variable] || undefined
    if (given === undefined) return [name, fallback]
    const value = parse(given)
    if (value !== undefined) return [name, value]
    throw new UsageError(`${typed === undefined ? variable : `--${flag}`} must be ${expected}, not "${given}".`)
  })
  return { command: command as Command, config: Object.fromEntries(config) }
}

type Flags = Record<string, string | boolean | undefined>

function parseFlags(args: string[]): { values: Flags; positionals: string[] } {
  const flags = Object.fromEntries(declared.map(({ flag }) => [flag, { type: 'string' as const }]))
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
    const otherwise = fallback === undefined ? '' : ` (default ${fallback})`
    return `  --${flag} ${value}\n      ${description}${otherwise}; ${variable}`
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

Exit codes: 0 stopped as asked, 1 could not start or is not ready, 2 wrong usage.
`
}
