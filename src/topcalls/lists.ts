import { type Static, type TSchema, Type } from 'typebox'
import { type Behaviour, observedMark } from '../observed.ts'
import { Problem } from '../problem.ts'
import type { Position } from '../store/resources.ts'
import { ref } from './responses.parts.ts'
import { enforcing } from './rules.ts'

const defaultLimit = 50
const greatestLimit = 200

const notACursor = 'must be the next_cursor of an earlier answer'

/** The query string of a list. */
export const ListQuery = Type.Object({
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: greatestLimit,
      default: defaultLimit,
      ...enforcing('L2'),
      'x-topcalls-wrong-type': `must be an integer from 1 to ${greatestLimit}`,
      description: 'How many at most'
    })
  ),
  cursor: Type.Optional(
    Type.String({
      pattern: '^-?[0-9a-z]{1,11}_[0-9a-z]{1,11}$',
      ...enforcing('L3', notACursor),
      description: '`next_cursor` of the answer before'
    })
  )
})
export type ListQuery = Static<typeof ListQuery>

/** The answer that lists things, with the member that was observed to hold them (L1). */
export function listOf(behaviour: Behaviour, schema: TSchema & { $id?: string }) {
  const { list_member: member } = behaviour
  const items = Type.Array(ref(schema), { ...enforcing('L1'), description: 'Newest first' })
  const mark = observedMark(behaviour, 'list_member')
  if (member === null) return { ...items, ...mark }
  return Type.Object(
    {
      [member]: { ...items, ...mark },
      next_cursor: Type.Union([Type.String(), Type.Null()], {
        ...enforcing('L1'),
        description: 'For `cursor`; null where nothing follows'
      })
    },
    { ...enforcing('L1') }
  )
}

/**
 * Answers a part of a list.
 * @param read the rows behind a position, newest first
 * @param tell a row as clients see it
 */
export function listed<Row extends Position>(
  { list_member: member }: Behaviour,
  { limit = defaultLimit, cursor }: ListQuery,
  read: (limit: number, behind: Position | undefined) => Row[],
  tell: (row: Row) => object
): object {
  // One more than are told shows whether others follow.
  const rows = read(limit + 1, cursor === undefined ? undefined : positionOf(cursor))
  const told = rows.slice(0, limit)
  const data = told.map(tell)
  const next_cursor = rows.length > limit ? cursorOf(told.at(-1) as Position) : null
  return member === null ? data : { [member]: data, next_cursor }
}

/** Where a part of a list ended: what comes in front of it later moves nothing behind it. */
const cursorOf = ({ created_at, rowid }: Position): string => `${created_at.toString(36)}_${rowid.toString(36)}`

function positionOf(cursor: string): Position {
  const [created_at = Number.NaN, rowid = Number.NaN] = cursor.split('_').map(part => Number.parseInt(part, 36))
  if (Number.isSafeInteger(created_at) && Number.isSafeInteger(rowid)) return { created_at, rowid }
  throw Problem.refusing('invalid_request', [{ path: 'cursor', message: notACursor, code: 'invalid_value' }], ['L3'])
}
