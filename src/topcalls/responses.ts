import { type Static, type TSchema, Type } from 'typebox'
import { type Behaviour, observedMark } from '../observed.ts'
import type { Violation } from '../problem.ts'
import { ref, replayHeaders, requestId } from './responses.parts.ts'
import { bodyRefusals, commonRefusals, invalidRequest } from './responses.problems.ts'
import type { Source } from './rules.ts'

/** The success of an operation that creates something and takes `Idempotency-Key` (R4). */
export function created<Schema extends TSchema>(
  behaviour: Behaviour,
  schema: Schema,
  description: string,
  value: Static<Schema>
) {
  return {
    [behaviour.success_status]: {
      description,
      headers: { ...requestId, ...replayHeaders(behaviour) },
      content: {
        'application/json': {
          schema: ref(schema),
          examples: { created: { summary: 'Something new', value } },
          'x-topcalls-source': 'inferred' satisfies Source,
          ...observedMark(behaviour, 'success_status')
        }
      }
    }
  }
}

/**
 * The answers of an operation that reads something.
 * @param what the description of what it answers
 * @param violation an example of what may be wrong with the path or the query string
 */
export function readAnswers(behaviour: Behaviour, schema: TSchema, what: string, violation: Violation) {
  return {
    ...commonRefusals(behaviour, 'phone_numbers:read'),
    200: {
      description: what,
      headers: requestId,
      content: { 'application/json': { schema, 'x-topcalls-source': 'inferred' satisfies Source } }
    },
    ...invalidRequest(behaviour, violation)
  }
}

/** The answers of an operation that deletes something (C4). */
export function deletionAnswers(behaviour: Behaviour, violation: Violation) {
  const { delete_status: status } = behaviour
  const mark = { 'x-topcalls-source': 'inferred' satisfies Source, ...observedMark(behaviour, 'delete_status') }
  const content = { 'application/json': { schema: Type.Object({}), ...mark } }
  return {
    ...commonRefusals(behaviour, 'phone_numbers:write'),
    ...bodyRefusals(behaviour),
    [status]: { description: 'It is deleted', headers: requestId, content },
    ...invalidRequest(behaviour, violation)
  }
}
