import { parseArgs } from 'node:util'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { strictnesses } from './topcalls/rules.ts'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** Every option, once: `logLevel` is the flag --log-level and the variable TOPCALLS_LOG_LEVEL. */
export const Config = Type.Object({
  host: Type.String({ default: '127.0.0.1', minLength: 1, title: 'ADDRESS', description: 'address to listen on' }),
  port: Type.Integer({
    default: 8672,
    minimum: 0,
    maximum: 65535,
    title: 'PORT',
    description: 'port to listen on; 0 takes any free one'
  }),
  database: Type.String({
    default: ':memory:',
    minLength: 1,
    title: 'FILE',
    description: 'SQLite file, created where it is missing, or :memory:'
  }),
  keys: Type.Optional(
    Type.String({
      minLength: 1,
      title: 'FILE',
      description: 'JSON list of the API keys that are accepted; without it any tc_live_… key is'
    })
  ),
  strictness: Type.Enum(strictnesses, { default: 'inferred', description: 'which rules are enforced' }),
  logLevel: Type.Enum(logLevels, { default: 'info', description: 'least important log line that is written' })
})
export type Config = Static<typeof Config>

type OptionName = keyof Config
interface OptionSchema {
  type?: string
  default?: unknown
  enum?: readonly string[]
  minimum?: number
  maximum?: number
  title?: string
  description?: string
}

const options = Object.entries(Config.properties as Record<OptionName, OptionSchema>).map(([name, schema]) => ({
  name: name as OptionName,
  flag: name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`),
  variable: `TOPCALLS_${name.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`,
  schema
}))

export const commands = {
  start: 'run the server (the default)',
  healthcheck: 'ask a running server, found by the same options, whether it is ready; exit 1 if not',
  openapi: 'print the OpenAPI document of the emulated API'
}
export type Command = keyof typeof commands

/** Something is wrong with what the user typed. The message is one sentence that names it. */
export class UsageError extends Error {}

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
    throw new UsageError(`Unknown command "${command}"; there are ${Object.keys(commands).join(', ')}.`)
  }
  if (rest.length > 0) throw new UsageError(`Unexpected argument "${rest[0]}".`)

  const config: Record<string, unknown> = {}
  for (const { name, flag, variable, schema } of options) {
    const typed = values[flag]
    const text = typeof typed === 'string' ? typed : environment[variable] || undefined
    const origin = typeof typed === 'string' ? `--${flag}` : variable
    const value = text === undefined ? schema.default : convert(text, schema)
    if (value === undefined) continue
    if (!Value.Check(Config.properties[name], value)) {
      throw new UsageError(`${origin} must be ${expected(schema)}, not "${text}".`)
    }
    config[name] = value
  }
  return { command: command as Command, config: config as Config }
}

function parseFlags(args: string[]): { values: Record<string, string | boolean | undefined>; positionals: string[] } {
  const flags = Object.fromEntries(options.map(({ flag }) => [flag, { type: 'string' as const }]))
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { ...flags, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } }
    })
  } catch (error) {
    throw new UsageError((error as Error).message.split('. To specify')[0]?.replace(/\.?$/, '.'))
  }
}

function convert(text: string, { type }: OptionSchema): unknown {
  return type === 'integer' && /^\d+$/.test(text) ? Number(text) : text
}

function expected({ enum: choices, minimum, maximum }: OptionSchema): string {
  if (choices) return `one of ${choices.join(', ')}`
  return minimum === undefined ? 'a text that is not empty' : `an integer from ${minimum} to ${maximum}`
}

/** The text of --help. */
export function helpText(): string {
  const flags = options.map(({ flag, variable, schema }) => {
    const value = schema.enum ? schema.enum.join('|') : schema.title
    const fallback = schema.default === undefined ? '' : ` (default ${schema.default})`
    return `  --${flag} ${value}\n      ${schema.description}${fallback}; ${variable}`
  })
  const verbs = Object.entries(commands).map(([name, text]) => `  ${name.padEnd(12)} ${text}`)
  return `fake-topcalls: an emulator of the TopCalls HTTP API

Usage: fake-topcalls [command] [options]

Commands:
${verbs.join('\n')}

Options, each with an environment variable that a flag overrides:
${flags.join('\n')}
  -h, --help
  -v, --version

Exit codes: 0 stopped as asked, 1 could not start or is not ready, 2 wrong usage.
`
}
