import { authModes, durabilities, strictnesses } from './modes.ts'
import { choice, flag, instant, integer, list, type Option, optional, text } from './option.ts'
import { journalDefaults } from './store/journal.ts'

// Without TypeBox on purpose: a health check runs every few seconds, and loading TypeBox takes longer than the rest of it.

/** Forms of verify's report. */
export const reporters = ['spec', 'tap', 'junit', 'json', 'html'] as const

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** The options of a server, each once: `logLevel` is the flag --log-level and the variable TOPCALLS_LOG_LEVEL. */
export const serverOptions = {
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
  observed: text('FILE', undefined, 'behave as verify --save has seen another server behave'),
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

/** What `exec` takes beside the options of a server. */
export const coverageOptions = {
  coverage: flag('tell which rules of the contract the command has exercised, and what to add'),
  min: {
    ...optional(integer('PERCENT', 0, [0, 100], 'with --coverage, which it implies: exit 1 below so much, 0 to 100')),
    variable: 'TOPCALLS_COVERAGE_MIN'
  },
  report: {
    ...text('FILE', undefined, 'the same as a page of HTML; implies --coverage'),
    variable: 'TOPCALLS_COVERAGE_REPORT'
  }
}

/** The options of `exec`. */
export const execOptions = { ...serverOptions, ...coverageOptions }

/** The options of `verify`. Those of the server that it shares by name have the same variable. */
export const verifyOptions = {
  url: {
    ...text('URL', 'http://127.0.0.1:8672', 'the server to verify, without /v1'),
    variable: 'TOPCALLS_BASE_URL',
    expected: 'an http or https URL without /v1, user, query and fragment',
    parse: serverUrl
  },
  key: {
    ...apiKey('API key; a fresh one by itself where the server is on loopback'),
    variable: 'TOPCALLS_API_KEY'
  },
  otherKey: {
    ...apiKey('API key of another account, for cases that need two'),
    variable: 'TOPCALLS_OTHER_API_KEY'
  },
  controlUrl: {
    ...text('URL', undefined, "the server's control plane, where it has an address of its own"),
    expected: 'an http or https URL without /v1, user, query and fragment',
    parse: serverUrl
  },
  controlToken: serverOptions.controlToken,
  controlTokenFile: serverOptions.controlTokenFile,
  noControl: flag('use no control plane: skip the cases that need one'),
  only: list('IDS', 'only these cases, or those of these rules, such as I2,carrier-name-missing'),
  slow: flag('with the cases that take more than a minute'),
  yes: flag('create things on a server that is not on loopback'),
  prefix: {
    ...text('TEXT', 'verify-', 'what the names of all that is created begin with'),
    expected: 'at most 20 letters, digits, "-" and "_"',
    parse: (given: string) => (/^[A-Za-z0-9_-]{1,20}$/.test(given) ? given : undefined)
  },
  maxRequests: integer(
    'COUNT',
    1_000,
    [1, 1_000_000],
    'requests that cases may send in all; deleting what they made comes on top'
  ),
  rate: optional(
    integer(
      'COUNT',
      0,
      [1, 100_000],
      'requests that may be sent per second (default 10; on loopback as fast as it goes)'
    )
  ),
  reporter: choice(reporters, 'spec', 'form of the report'),
  output: text('FILE', undefined, 'file for the report, instead of stdout'),
  save: text('FILE', undefined, 'write down, for --observed, where the server differs from a guess'),
  observed: text('FILE', undefined, 'what --save wrote: differences that are known and expected'),
  openapi: text('FILE', undefined, 'compare an OpenAPI document, JSON or YAML, with ours instead of asking a server')
}

function apiKey(description: string) {
  const parse = (given: string) => (/^[\x21-\x7e]+$/.test(given) ? given : undefined)
  return {
    ...text('KEY', undefined, description),
    expected: 'one word of visible ASCII characters',
    secret: true,
    parse
  }
}

/** The server, in the spelling of URL without its last slash. */
function serverUrl(given: string): string | undefined {
  const url = URL.parse(given)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash)
    return undefined
  const plain = url.href.replace(/\/$/, '')
  // The cases' paths begin with it.
  return plain.endsWith('/v1') ? undefined : plain
}

type Values<Options extends Record<string, Option<unknown>>> = { [Name in keyof Options]: Options[Name]['fallback'] }
export type Config = Values<typeof serverOptions>
export type ExecConfig = Values<typeof execOptions>
export type VerifyConfig = Values<typeof verifyOptions>
