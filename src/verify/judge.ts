import { isDeepStrictEqual } from 'node:util'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import { withoutSecrets } from '../redaction.ts'
import { oneLine } from '../reports/text.ts'
import { everyError } from '../violations.ts'
import type { Expectation } from './cases.ts'
import type { Answer } from './exchange.ts'
import type { Difference } from './results.ts'
import { memberAt } from './template.ts'

/** Longest piece of an answer that is told. */
const longestSeen = 300

const statusSets: Record<string, (number | undefined)[]> = {
  created: [200, 201, 202],
  deleted: [200, 202, 204],
  refused: [400, 422],
  none: [undefined]
}
const statusTexts: Record<string, string> = {
  created: 'a status of success (200, 201 or 202)',
  deleted: 'a status of success (200, 202 or 204)',
  refused: 'a refusal (400 or 422)',
  none: 'no answer'
}

/**
 * Compares the answers of a step with what is expected of them.
 * @param earlier the first answer of each named step so far
 */
export function judge(
  step: string,
  expect: Expectation,
  answers: Answer[],
  earlier: Record<string, Answer>
): Difference[] {
  const differences = answers.flatMap((answer, index) => {
    const name = answers.length > 1 ? `${step}, answer ${index + 1} of ${answers.length}` : step
    return judgeOne(name, expect, answer, earlier)
  })
  const { alike = [], distinct = [] } = expect
  for (const part of alike) {
    const kinds = kindsOf(answers, part)
    if (lacks(answers[0], part)) differences.push({ step, expected: `a member ${part}`, seen: 'none' })
    if (kinds.size > 1) {
      differences.push({ step, expected: `the same ${part} in all answers`, seen: `${kinds.size} different ones` })
    }
  }
  for (const part of distinct) {
    const kinds = kindsOf(answers, part)
    if (kinds.size < answers.length) {
      const seen = `${kinds.size} different among ${answers.length} answers`
      differences.push({ step, expected: `another ${part} in each answer`, seen })
    }
  }
  return differences
}

const kindsOf = (answers: Answer[], part: string) =>
  new Set(answers.map(answer => JSON.stringify(partOf(answer, part))))

function judgeOne(step: string, expect: Expectation, answer: Answer, earlier: Record<string, Answer>): Difference[] {
  const { status, headers = {}, body, list, same, different, equal = [] } = expect
  const differences: Difference[] = []
  const differ = (expected: string, seen: string) => void differences.push({ step, expected, seen })

  if (status !== undefined && !fits(status, answer.status)) {
    differ(statusText(status), `${answer.status ?? 'no answer'}${detailOf(answer)}`)
    // What belongs to another answer is no difference of its own.
    return differences
  }
  for (const [name, value] of Object.entries(headers)) {
    const seen = answer.headers[name]
    if (!headerFits(seen, value)) {
      differ(`the header ${name} ${headerText(value)}`, seen === undefined ? 'no such header' : shown(seen))
    }
  }
  if (body !== undefined) {
    if (answer.body === undefined) differ('a body of JSON', shown(answer.text))
    else differences.push(...deviations(step, body as TSchema, answer.body, 'body'))
  }
  if (list !== undefined) {
    const items = listIn(answer.body)
    if (items === undefined) differ('a list', shown(answer.text))
    else differences.push(...deviations(step, list as TSchema, items, 'list'))
  }
  for (const [first = '', ...others] of equal) {
    if (partOf(answer, first) === undefined) differ(`a value of ${first}`, 'none')
    for (const part of others.filter(one => !isDeepStrictEqual(partOf(answer, one), partOf(answer, first)))) {
      differ(`${part} to be as ${first}, ${shown(partOf(answer, first))}`, shown(partOf(answer, part)))
    }
  }
  if (same) {
    for (const part of same.parts) {
      const [here, there] = [partOf(answer, part), partOf(earlier[same.step], part)]
      if (!isDeepStrictEqual(here, there) || lacks(answer, part))
        differ(`the same ${part} as in step ${same.step}, ${shown(there)}`, shown(here))
    }
  }
  if (different) {
    for (const part of different.parts) {
      const here = partOf(answer, part)
      if (here === undefined || isDeepStrictEqual(here, partOf(earlier[different.step], part))) {
        differ(
          `another ${part} than in step ${different.step}`,
          here === undefined ? 'none' : `the same, ${shown(here)}`
        )
      }
    }
  }
  return differences
}

/** Where a value is not as a schema has it. */
function deviations(step: string, schema: TSchema, value: unknown, what: 'body' | 'list'): Difference[] {
  if (Compile(schema).Check(value)) return []
  return everyError(schema, value, 5).map(({ instancePath, message }) => {
    const path = instancePath.slice(1).replaceAll('/', '.')
    const seen = path === '' ? value : memberAt(value, path)
    return {
      step,
      expected: `${path ? `the member ${path}${what === 'list' ? ' of the list' : ''}` : `a ${what}`} that ${message}`,
      seen: shown(seen)
    }
  })
}

/** The array that a body is or has: how a list is wrapped is a guess of its own. */
function listIn(body: unknown): unknown[] | undefined {
  if (Array.isArray(body)) return body
  return typeof body === 'object' && body !== null ? Object.values(body).find(Array.isArray) : undefined
}

type Status = NonNullable<Expectation['status']>

/** Whether a status is one of those that are expected. */
export const fits = (status: Status, seen: number | undefined): boolean => statusesOf(status).includes(seen)

function statusesOf(status: Status): (number | undefined)[] {
  return typeof status === 'string' ? (statusSets[status] ?? []) : [status].flat()
}

function statusText(status: Status): string {
  return typeof status === 'string' ? (statusTexts[status] ?? status) : `status ${[status].flat().join(' or ')}`
}

type HeaderExpectation = NonNullable<Expectation['headers']>[string]

function headerFits(seen: string | undefined, value: HeaderExpectation): boolean {
  if (value === null) return seen === undefined
  if (typeof value === 'string') return seen === value
  return seen !== undefined && Compile(value as TSchema).Check(seen)
}

function headerText(value: HeaderExpectation): string {
  if (value === null) return 'to be absent'
  return typeof value === 'string' ? `to be ${value}` : `to match ${JSON.stringify(value)}`
}

function partOf(answer: Answer | undefined, part: string): unknown {
  if (answer === undefined) return undefined
  if (part === 'status') return answer.status
  if (part === 'body') return answer.text
  const [first = '', ...rest] = part.split('.')
  return first === 'headers' ? answer.headers[rest.join('.')] : memberAt(answer.body, rest.join('.'))
}

/** Whether an answer has not even the member that it shall have in common with others: two answers without id are not the same. */
function lacks(answer: Answer | undefined, part: string): boolean {
  return part.startsWith('body.') && partOf(answer, part) === undefined
}

/** What a refusal says of itself, which is more than its status. */
function detailOf({ status = 0, body, text }: Answer): string {
  const detail = status < 400 || text === '' ? undefined : (memberAt(body, 'detail') ?? text)
  return detail === undefined ? '' : `: ${shown(detail, false)}`
}

function shown(value: unknown, quoted = true): string {
  if (value === undefined) return 'nothing'
  const text = withoutSecrets(typeof value === 'string' && !quoted ? value : JSON.stringify(value))
  return oneLine(text.length > longestSeen ? `${text.slice(0, longestSeen)}…` : text)
}
