import { type Behaviour, departures, guesses, type Observed, rulesOf, switches } from '../observed.ts'
import { problemMediaType } from '../problem.ts'

type Node = Record<string, unknown>
interface Operation {
  responses: Record<string, { headers?: Node; content?: Node; 'x-topcalls-source'?: string }>
}

/**
 * Says in an OpenAPI document what was observed of another server: in words, at each member whose rule it is about, and in
 * the answers. The bodies' schemas are made with it already.
 */
export function withObserved(document: object, observed: Observed): object {
  const behaviour = departures(observed)
  if (Object.keys(behaviour).length === 0) return document
  const rules = rulesOf(behaviour)
  const marked = mapped(document, node =>
    rules.has(String(node['x-topcalls-rule'])) ? { ...node, 'x-topcalls-source': 'observed' } : node
  ) as { info: Node; paths: Record<string, Record<string, Operation>> }
  for (const operation of Object.values(marked.paths).flatMap(path => Object.values(path))) {
    operation.responses = answersWith({ ...guesses, ...behaviour }, operation.responses)
  }
  return {
    ...marked,
    info: { ...marked.info, description: `${marked.info.description}\n\n${wordsOf(observed, behaviour)}` }
  }
}

function wordsOf({ url, observed_at }: Observed, behaviour: Partial<Behaviour>): string {
  const where = [url && ` of ${url}`, observed_at && ` at ${observed_at}`].filter(Boolean).join('')
  const lines = Object.entries(behaviour).map(([name, value]) => {
    const { text, rules } = switches[name as keyof Behaviour]
    return `- ${text}: \`${JSON.stringify(value)}\` (${rules.join(', ')})`
  })
  return `Observed${where}, in the place of guesses of the fake (\`observed\` as a source):\n\n${lines.join('\n')}`
}

/** The answers of an operation with the statuses, headers and types that were observed. */
function answersWith(behaviour: Behaviour, responses: Operation['responses']): Operation['responses'] {
  const { success_status, bad_key_status, mismatch_answer, replay_header, error_media_type } = behaviour
  const renamed = Object.entries(responses).map(([status, response]) => {
    const { headers = {}, content = {}, ...rest } = response
    const answer = {
      ...rest,
      headers: withName(headers, guesses.replay_header, replay_header),
      content: withName(content, problemMediaType, error_media_type)
    }
    return status === '201' && success_status !== 201
      ? [String(success_status), { ...answer, 'x-topcalls-source': 'observed' }]
      : [status, answer]
  })
  const answers = Object.fromEntries(renamed)
  // Both are told as they are; only one of them is there.
  if (mismatch_answer === 409) answers['409'] = { ...answers['422'], 'x-topcalls-source': 'observed' }
  if (bad_key_status === 403) delete answers['401']
  return answers
}

/** A copy in which a member has another name, or is not there. */
function withName(members: Node, name: string | null, other: string | null): Node {
  if (name === other) return members
  const entries = Object.entries(members).map(([key, value]) => [key === name ? other : key, value] as const)
  return Object.fromEntries(entries.filter(([key]) => key !== null))
}

/** A copy in which each object, at any depth, is what `change` makes of it. */
function mapped(value: unknown, change: (node: Node) => Node): unknown {
  if (Array.isArray(value)) return value.map(item => mapped(item, change))
  if (typeof value !== 'object' || value === null) return value
  return change(Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mapped(member, change)])))
}
