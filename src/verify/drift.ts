import { readFileSync } from 'node:fs'
import { UsageError } from '../failure.ts'
import { oneLine } from '../reports/text.ts'
import { type Document, openApi, operationsOf } from './drift/document.ts'
import { operationComparison } from './drift/operations.ts'

/** One thing that is other in the published document than in ours. */
export interface Change {
  /** Method and path with the base path, such as `POST /v1/phone-numbers/carriers`. */
  operation: string
  /** Such as `request body sip_gateway.port`, `header Idempotency-Key`, `response 400 body errors[].code`. */
  where: string
  /** `added`: only theirs has it; `removed`: only ours has it. */
  kind: 'added' | 'removed' | 'changed'
  /** Whether a client that works with the fake may break on theirs. */
  breaking: boolean
  /**
   * Where a client may break: on `theirs` one that works with the fake, which is breaking; on `ours`, which is the fake, one that
   * works with theirs. Undefined where no client need notice.
   */
  side: 'theirs' | 'ours' | undefined
  /** What is other, in words. It holds text of the documents as it is: `renderDrift` makes it fit for a terminal. */
  text: string
}

/**
 * Reads an OpenAPI document in JSON or YAML.
 * @throws {UsageError} that names the file, when it cannot be read or is no OpenAPI 3 document
 */
export async function readOpenApi(file: string): Promise<object> {
  try {
    const document = await parsed(readFileSync(file, 'utf8'))
    return openApi(document).root
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (!(error instanceof UsageError) && code === undefined) throw error
    const reason = error instanceof UsageError ? error.message : `${code}.`
    throw new UsageError(`the OpenAPI document ${file} cannot be used: ${reason}`)
  }
}

async function parsed(text: string): Promise<unknown> {
  try {
    // A parser of YAML reads JSON as well, but slowly.
    if (/^\s*\{/.test(text)) return JSON.parse(text)
    // A module of CommonJS has but this export once it is bundled.
    const { default: yaml } = await import('yaml')
    return yaml.parse(text, { merge: true, logLevel: 'error' })
  } catch {
    throw new UsageError('it is neither valid JSON nor valid YAML.')
  }
}

/**
 * Compares a published document with ours, operation by operation. Descriptions, examples and `x-` members are no changes,
 * nor is another way to say the same: references, `allOf`, `nullable`, names of path parameters, base paths.
 * @throws {UsageError} when one of them is no OpenAPI 3 document or its references lead nowhere
 */
export function compareDocuments(published: object, ours: object): Change[] {
  try {
    return compared(openApi(published), openApi(ours))
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError('its schemas are nested too deep, or in a circle.')
    throw error
  }
}

function compared(published: Document, ours: Document): Change[] {
  const [theirOperations, ourOperations] = [operationsOf(published), operationsOf(ours)]
  const compare = operationComparison(published, ours)
  const changes: Change[] = []
  for (const [key, our] of ourOperations) {
    const their = theirOperations.get(key)
    const told = their
      ? compare(their, our)
      : [{ where: 'operation', kind: 'removed' as const, side: 'theirs' as const, text: 'only the fake has it' }]
    for (const one of told) changes.push({ operation: our.name, ...one, breaking: one.side === 'theirs' })
  }
  for (const [key, { name }] of theirOperations) {
    if (ourOperations.has(key)) continue
    const text = 'the fake does not have it'
    changes.push({ operation: name, where: 'operation', kind: 'added', breaking: false, side: undefined, text })
  }
  return changes
}

/** 0: the same, or theirs has more. 1: something breaks clients that work with the fake. 3: other differences. */
export function exitCodeOfDrift(changes: Change[]): 0 | 1 | 3 {
  if (changes.some(({ breaking }) => breaking)) return 1
  return changes.every(({ kind }) => kind === 'added') ? 0 : 3
}

/** For people: by operation, what breaks first; and a last line with the counts and the exit code. */
export function renderDrift(changes: Change[]): string {
  if (changes.length === 0) return 'The documents agree: exit code 0.\n'
  const blocks = [...Map.groupBy(changes, ({ operation }) => operation)].map(([operation, own]) => {
    return { operation, lines: merged(own) }
  })
  const text = blocks.map(({ operation, lines }) => {
    return `${oneLine(operation)}\n${lines.map(line => `  ${line.text}\n`).join('')}\n`
  })
  const all = blocks.flatMap(({ lines }) => lines)
  const count = (word: string) => all.filter(line => line.word === word).length
  const counts = `${count('breaks')} breaking, ${count('differs')} not breaking, ${count('added')} added`
  const total = `${all.length} ${all.length === 1 ? 'difference' : 'differences'}`
  return `${text.join('')}${total}: ${counts}: exit code ${exitCodeOfDrift(changes)}.\n`
}

const words = ['breaks', 'differs', 'added'] as const

const wordOf = ({ breaking, kind }: Change): (typeof words)[number] =>
  breaking ? 'breaks' : kind === 'added' ? 'added' : 'differs'

/** The lines of an operation. What is the same in several responses is told once. */
function merged(changes: Change[]): { word: string; text: string }[] {
  const lines = new Map<string, { change: Change; statuses: string[]; rest: string }>()
  for (const change of changes) {
    const [first, second, ...more] = change.where.split(' ')
    const [status, rest] = first === 'response' ? [second, more.map(word => ` ${word}`).join('')] : [undefined, '']
    const key = JSON.stringify([status === undefined ? change.where : rest, change.kind, change.side, change.text])
    const line = lines.get(key) ?? { change, statuses: [], rest }
    if (status !== undefined) line.statuses.push(status)
    lines.set(key, line)
  }
  return words.flatMap(word =>
    [...lines.values()]
      .filter(({ change }) => wordOf(change) === word)
      .map(({ change, statuses, rest }) => {
        const where = statuses.length === 0 ? change.where : `response ${statuses.join(', ')}${rest}`
        const kind = change.kind === 'removed' ? ' (only in ours)' : ''
        return { word, text: oneLine(`${word.padEnd(7)} ${where}${kind}: ${change.text}`) }
      })
  )
}
