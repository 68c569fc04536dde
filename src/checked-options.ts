import { type TProperties, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { UsageError } from './failure.ts'
import type { StartOptions } from './index.ts'
import { isObject } from './json.ts'
import { authModes, durabilities, strictnesses } from './modes.ts'
import { violationsOf } from './violations.ts'

const text = Type.String({ minLength: 1 })
const port = Type.Integer({ minimum: 0, maximum: 65_535 })
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

function object<Members extends TProperties>(members: Members) {
  return Type.Partial(Type.Object(members), { additionalProperties: false })
}

/** What the members of a document are is judged where it is read. */
const document = Type.Unknown()

const Options = object({
  host: text,
  port,
  database: text,
  durability: Type.Enum(durabilities),
  keys: document,
  auth: Type.Enum(authModes),
  strictness: Type.Enum(strictnesses),
  observed: document,
  clock: Type.Union([Type.String(), Type.Object({})]),
  seed: Type.Integer(),
  state: document,
  journal: object({ entries: count, bytes: count }),
  /** Where it is not `false`. */
  control: object({
    port,
    token: Type.String({
      pattern: '^[\\x21-\\x7e]+$',
      'x-topcalls-message': 'must be one word of visible ASCII characters'
    }),
    allowedHosts: Type.Array(text)
  }),
  logger: document
} satisfies Record<keyof StartOptions, TSchema>)

/**
 * Judges what a program passes, for which no compiler may have looked: a misspelt option would be a weaker server.
 * @throws {UsageError} that names the first option that is unknown, or not acceptable
 */
export function checkOptions(options: StartOptions): void {
  const { control, journal } = options
  const given = defined({
    ...options,
    journal: defined(journal),
    control: control === false ? undefined : defined(control)
  })
  if (Value.Check(Options, given)) return
  const [{ path, message }] = violationsOf(Options, given)
  throw new UsageError(`the option ${path} ${message}.`)
}

/** The same without what counts as not given. */
function defined<Given>(value: Given): Given {
  if (!isObject(value)) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members) as Given
}
