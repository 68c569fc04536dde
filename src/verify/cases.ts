import { readdirSync, readFileSync } from 'node:fs'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import yaml from 'yaml'
import { Failure } from '../failure.ts'
import { strictnesses } from '../modes.ts'
import { packageFolder } from '../package.ts'
import { type RuleId, rules, type Source } from '../topcalls/rules.ts'
import { violationsOf } from '../violations.ts'

const closed = { additionalProperties: false }
const Name = Type.String({ pattern: '^[a-z][a-z0-9_]*$', description: 'Name under which later steps find the answer' })
const Text = Type.String({ minLength: 1 })

/** A value with templates: `${name}` in texts, and `{ $text, pad, to }` for a text of so many code points. */
const Templated = Type.Unknown()

export const Request = Type.Object(
  {
    method: Type.Optional({ ...Text, description: '`POST` without' }),
    path: Type.Optional({ ...Text, description: 'That of "add custom carrier" without' }),
    auth: Type.Optional({
      ...Text,
      description:
        'The whole Authorization header; the key of the run without; `none`; `other` for that of the other account'
    }),
    key: Type.Optional({ ...Templated, description: 'The Idempotency-Key' }),
    headers: Type.Optional(
      Type.Record(Type.String(), Templated, {
        description: 'Further headers; a list is sent as several lines, null takes one away'
      })
    ),
    body: Type.Optional({ ...Templated, description: 'In the place of the plain carrier or phone number' }),
    set: Type.Optional(
      Type.Record(Type.String(), Templated, { description: 'Members of the body, by dotted path, with these values' })
    ),
    remove: Type.Optional(Type.Array(Text, { description: 'Members that the body does not have, by dotted path' })),
    text: Type.Optional({ ...Type.String(), description: 'The body as a text' }),
    base64: Type.Optional({ ...Type.String(), description: 'The body as bytes' }),
    unfinished: Type.Optional(Type.Boolean({ description: 'More of the body is announced than is sent' })),
    raw: Type.Optional({
      ...Type.String(),
      description: 'All bytes of the request, in Latin-1, on a connection of their own'
    })
  },
  closed
)
export type Request = Static<typeof Request>

const HeaderExpectation = Type.Union([
  Type.String({ description: 'The value' }),
  Type.Null({ description: 'The header is absent' }),
  Type.Object({}, { description: 'JSON Schema of the value' })
])

const Parts = Type.Array(Type.String({ pattern: '^(status|body(\\..+)?|headers\\.[a-z-]+)$' }), {
  minItems: 1,
  description: '`status`, `body` (its bytes), `body.id`, `headers.x-request-id`'
})
const Comparison = Type.Object({ step: Name, parts: Parts }, closed)

export const Expectation = Type.Object(
  {
    status: Type.Optional(
      Type.Union([Type.Integer(), Type.Array(Type.Integer()), Type.Enum(['created', 'deleted', 'refused', 'none'])], {
        description:
          '`created`: 200, 201 or 202; `deleted`: 200, 202 or 204; `refused`: 400 or 422; `none`: the connection ends without an answer'
      })
    ),
    headers: Type.Optional(Type.Record(Type.String(), HeaderExpectation)),
    body: Type.Optional({ ...Type.Unknown(), description: 'JSON Schema of the body' }),
    list: Type.Optional({
      ...Type.Unknown(),
      description: 'JSON Schema of the array that the body is or has as a member, of whatever name'
    }),
    same: Type.Optional({ ...Comparison, description: 'What is as in the answer of that step' }),
    different: Type.Optional({ ...Comparison, description: 'What is otherwise than in the answer of that step' }),
    equal: Type.Optional(Type.Array(Parts, { description: 'Lists of parts that are the same within one answer' })),
    alike: Type.Optional({ ...Parts, description: 'What is the same in all answers of a step that sends several' }),
    distinct: Type.Optional({ ...Parts, description: 'What is different in each of them' })
  },
  closed
)
export type Expectation = Static<typeof Expectation>

const Step = Type.Object(
  {
    as: Type.Optional(Name),
    send: Type.Optional({ ...Request, description: 'A request to the emulated API' }),
    times: Type.Optional(Type.Integer({ minimum: 2, maximum: 100, description: 'One after the other' })),
    at_once: Type.Optional(Type.Integer({ minimum: 2, maximum: 50, description: 'All at the same time' })),
    control: Type.Optional(
      Type.Object(
        { method: Text, path: Text, body: Type.Optional(Templated) },
        {
          ...closed,
          description: 'A call of the control plane, below /_topcalls/v1/; it must succeed'
        }
      )
    ),
    wait: Type.Optional(Type.Number({ minimum: 0, maximum: 60, description: 'Seconds' })),
    expect: Type.Optional(Expectation)
  },
  closed
)
export type Step = Static<typeof Step>

/** What a server may need that only some have. */
const needs = {
  control: 'a control plane',
  other_account: 'a key of another account',
  sandbox: 'a server whose data may have any name',
  slow: '--slow'
}
export type Need = keyof typeof needs
/** The end of "needs …". */
export const needText = (need: Need): string => needs[need]

export const Case = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$' }),
    title: Text,
    rules: Type.Array(Type.Enum(Object.keys(rules) as RuleId[]), { minItems: 1 }),
    source: Type.Enum(['documented', 'inferred', 'fake'] satisfies Source[], {
      description: 'Of the least certain thing that the case expects'
    }),
    needs: Type.Optional(Type.Array(Type.Enum(Object.keys(needs) as Need[]), { minItems: 1 })),
    strictness: Type.Optional(
      Type.Array(Type.Enum(strictnesses), { minItems: 1, description: 'Where the rule holds; everywhere without' })
    ),
    unless: Type.Optional(
      Type.Object(
        { behaviour: Text, value: Type.Unknown() },
        {
          ...closed,
          description: 'Where --observed knows this, the case has nothing to ask'
        }
      )
    ),
    steps: Type.Array(Step, { minItems: 1 }),
    otherwise: Type.Optional(
      Type.Array(
        Type.Object(
          {
            behaviour: Text,
            value: Type.Unknown(),
            expect: Type.Record(Name, Expectation, {
              description: 'What is expected instead, by step; the other steps as above'
            })
          },
          closed
        ),
        { description: 'What --observed knows as another behaviour, and how it shows' }
      )
    )
  },
  closed
)
export type Case = Static<typeof Case>

export const casesFolder = new URL('contract/cases/', packageFolder)

const known = new Map<string, Case[]>()

/**
 * Reads every case, in the order of the files and within them. They are read once, since that is what takes longest in a run
 * against this machine.
 * @throws {Failure} for a case that is no such thing: the package is damaged
 */
export function readCases(folder: URL = casesFolder): Case[] {
  const cases = known.get(folder.href) ?? casesIn(folder)
  known.set(folder.href, cases)
  return cases
}

function casesIn(folder: URL): Case[] {
  const files = readdirSync(folder)
    .filter(name => name.endsWith('.yaml'))
    .sort()
  return files.flatMap(name => listIn(readFileSync(new URL(name, folder), 'utf8'), name).map(one => checked(one, name)))
}

function listIn(text: string, file: string): unknown[] {
  const document = yaml.parseDocument(text)
  const list: unknown = document.errors.length > 0 ? undefined : document.toJS()
  if (!Array.isArray(list)) throw new Failure(`the cases of ${file} cannot be used: they are no list.`)
  return list
}

function checked(one: unknown, file: string): Case {
  const [violation] = Value.Check(Case, one) ? [] : violationsOf(Case, one)
  if (violation) {
    const id = (one as Partial<Case> | null)?.id ?? '?'
    throw new Failure(`the case ${id} of ${file} cannot be used: ${violation.path} ${violation.message}.`)
  }
  return one as Case
}
