import { type Static, Type } from 'typebox'
import { AccountName, defaultPageSize, paging } from '../schemas/common.ts'
import type { KeyStore } from '../store/keys.ts'
import type { RowsByAccount } from '../store/rows.ts'
import { namedAccount } from './accounts.ts'

/** The query string that asks for a page of a table. */
export const PageQuery = Type.Object(
  { account: Type.Optional(AccountName), ...paging },
  { additionalProperties: false }
)

/** A page of a table, of one account or of all, as a person wants to see it. */
export function pageOfTable<Row extends { account_id: string }, View>(
  keys: KeyStore,
  table: Pick<RowsByAccount<Row>, 'page' | 'count'>,
  { account: name, limit = defaultPageSize, cursor }: Static<typeof PageQuery>,
  view: (row: Row) => View
) {
  const account = namedAccount(keys, name)
  const before = cursor === undefined ? undefined : Number(cursor)
  // One row more than the page has tells whether another page follows.
  const rows = table.page({ account, limit: limit + 1, before })
  const data = rows.slice(0, limit)
  const next_cursor = rows.length > limit ? String(data.at(-1)?.rowid) : null
  return {
    data: data.map(({ rowid: _, ...row }) => view(row as unknown as Row)),
    next_cursor,
    total: table.count(account)
  }
}
