import { Type } from 'typebox'
import type { Strictness } from '../modes.ts'
import { type Behaviour, observedMark } from '../observed.ts'
import type { RuleId } from './rules.ts'

/** Such a text could not be stored as it was sent. */
export const halfPair = 'must not contain half of a surrogate pair'

/** What refuses unknown members: the strictness (S1), or what was observed in the place of B14. */
export function closedBy(strictness: Strictness, behaviour: Behaviour) {
  if (strictness === 'strict') return { additionalProperties: false }
  if (behaviour.unknown_members !== 'refused') return {}
  return {
    additionalProperties: false,
    'x-topcalls-closed': 'B14' satisfies RuleId,
    ...observedMark(behaviour, 'unknown_members')
  }
}

/** A UUID of an answer that TopCalls documents. */
export const uuid = (description: string) =>
  Type.String({ format: 'uuid', 'x-topcalls-source': 'documented', description })

/** An instant of an answer that TopCalls documents. */
export const instant = (description: string) =>
  Type.String({ format: 'date-time', 'x-topcalls-source': 'documented', description })
