import { type Static, type TSchema, type TUnsafe, Type } from 'typebox'
import { type Behaviour, observedMark } from '../observed.ts'

/** A typed reference to a schema that was registered under its `$id`, so that it is printed once. */
export function ref<Schema extends TSchema & { $id?: string }>(schema: Schema): TUnsafe<Static<Schema>> {
  return Type.Unsafe<Static<Schema>>({ $ref: `${schema.$id}#` })
}

/** Headers of an answer, with their schemas. */
export type Headers = Record<string, object>

/** On every answer. */
export const requestId: Headers = {
  'x-request-id': { type: 'string', format: 'uuid', description: 'Fresh for each response' }
}

export function replayHeaders(behaviour: Behaviour): Headers {
  const { replay_header, mismatch_answer } = behaviour
  // A fresh one for each: YAML would make an alias of one that is shared.
  const isTrue = () => ({ type: 'string', enum: ['true'] })
  return {
    ...(replay_header !== null && {
      [replay_header]: {
        ...isTrue(),
        ...observedMark(behaviour, 'replay_header'),
        description: 'Only on a repeated answer'
      }
    }),
    ...(mismatch_answer === 'replay' && {
      'Idempotency-Payload-Mismatch': {
        ...isTrue(),
        description: 'Only on an answer that is repeated although the body differs'
      }
    })
  }
}
