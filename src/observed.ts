import { parseInstant } from './clock.ts'
import { UsageError } from './failure.ts'
import { readJsonFile } from './json-file.ts'
import { shortened } from './redaction.ts'

/** One thing that the fake guesses, and that another server may do otherwise. */
interface Switch {
  /** The rules that it is about, as docs/fidelity.md has them. */
  rules: readonly string[]
  /** What may be observed; the first is the guess. */
  values: readonly (string | number | boolean | null)[]
  text: string
}

/** Every behaviour that may be observed: a closed list, each with the guess first. */
export const switches = {
  success_status: { rules: ['R4'], values: [201, 200, 202], text: 'the status of success' },
  unknown_members: {
    rules: ['B14'],
    values: ['ignored', 'refused'],
    text: 'what becomes of unknown members of a body'
  },
  credential_names: {
    rules: ['B10', 'B11'],
    values: ['all', 'short', 'prefixed'],
    text: 'which spellings of credentials count: `username`, or `register_username` and `inbound_auth_username`, or all'
  },
  inbound_default: { rules: ['B9'], values: [true, false], text: 'whether a gateway that does not say is inbound' },
  null_credentials: { rules: ['B13'], values: ['absent', 'refused'], text: 'what null for credentials counts as' },
  mismatch_answer: {
    rules: ['I7'],
    values: ['replay', 409, 422],
    text: 'what a key with another body is answered: the first answer, or a refusal with this status'
  },
  replay_header: {
    rules: ['I5'],
    values: [
      'Idempotent-Replayed',
      'Idempotency-Replayed',
      'X-Idempotent-Replayed',
      'X-Idempotency-Replayed',
      'X-Idempotent-Replay',
      null
    ],
    text: 'the header that tells a replay, or null for none'
  },
  refusals_kept: {
    rules: ['I9'],
    values: [false, true],
    text: 'whether a refused body is kept and repeated for its key'
  },
  delete_status: {
    rules: ['C4'],
    values: [204, 200, 202],
    text: 'the status of a deletion; but for 204 with `{}` as its body'
  },
  list_member: {
    rules: ['L1'],
    values: ['data', 'items', 'results', null],
    text: 'the member that holds what is listed, or null where the answer is the list itself, without next_cursor'
  },
  bad_key_status: { rules: ['E5'], values: [401, 403], text: 'the status without an acceptable API key' },
  error_media_type: {
    rules: ['E2'],
    values: ['application/problem+json', 'application/json'],
    text: 'the type of problem documents'
  }
} as const satisfies Record<string, Switch>

type Switches = typeof switches

/** How the server behaves where nobody documents it. */
export type Behaviour = { -readonly [Name in keyof Switches]: Switches[Name]['values'][number] }

/** What was seen of a server, and what `verify --save` writes. */
export interface Observed {
  /** RFC 3339 instant at which it was seen. */
  observed_at?: string
  /** The server that it was seen of: http or https, without user and password. */
  url?: string
  /** What differs from the guesses, or was found to be as guessed. */
  behaviour: Partial<Behaviour>
}

export const guesses = Object.fromEntries(
  Object.entries(switches).map(([name, { values }]) => [name, values[0]])
) as unknown as Behaviour

/** The names of all headers that may tell a replay. */
export const replayHeaders = switches.replay_header.values.filter(name => name !== null)

/**
 * Reads what `verify --save` has written.
 * @throws {UsageError} that names the file and the first fault
 */
export const readObserved = (file: string): Observed =>
  readJsonFile('file of observed behaviour', file, checkedObserved)

/** @throws {UsageError} for what is no such document */
export function checkedObserved(document: unknown): Observed {
  const { observed_at, url, behaviour, ...more } = objectOf(document, 'it')
  const [unknown] = Object.keys(more)
  if (unknown !== undefined)
    throw new UsageError(`it has the member "${shortened(unknown)}", which does not belong there.`)
  if (observed_at !== undefined && (typeof observed_at !== 'string' || parseInstant(observed_at) === undefined)) {
    throw new UsageError('observed_at must be an instant such as 2030-01-01T00:00:00Z.')
  }
  if (url !== undefined && !isPlainUrl(url)) {
    throw new UsageError('url must be an http or https URL without user and password.')
  }
  for (const [name, value] of Object.entries(objectOf(behaviour, 'behaviour'))) checkValue(name, value)
  return document as Observed
}

/** Everybody who reaches the server may read it. */
function isPlainUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, username, password } = new URL(value)
  return /^https?:$/.test(protocol) && username === '' && password === ''
}

function objectOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new UsageError(`${name} must be an object.`)
}

function checkValue(name: string, value: unknown): void {
  const known: Switch | undefined = Object.hasOwn(switches, name) ? switches[name as keyof Switches] : undefined
  if (!known) {
    throw new UsageError(`behaviour.${shortened(name)} is not known; there are ${Object.keys(switches).join(', ')}.`)
  }
  if (!known.values.some(one => one === value)) {
    const allowed = known.values.map(one => JSON.stringify(one)).join(', ')
    throw new UsageError(`behaviour.${name} must be one of ${allowed}.`)
  }
}

/** What was observed to be otherwise than guessed. */
export function departures({ behaviour = {} }: Partial<Observed> = {}): Partial<Behaviour> {
  const differs = ([name, value]: [string, unknown]) => value !== guesses[name as keyof Behaviour]
  return Object.fromEntries(Object.entries(behaviour).filter(differs))
}

/** The mark of what follows from an observation; nothing where the guess holds. */
export const observedMark = (behaviour: Behaviour, name: keyof Behaviour) =>
  behaviour[name] === guesses[name] ? {} : { 'x-topcalls-source': 'observed' as const }
