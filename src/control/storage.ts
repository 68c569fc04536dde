import { type Static, Type } from 'typebox'
import { instantAfter } from '../clock.ts'
import { AccountName, defaultPageSize, pageOf, paging } from '../schemas/common.ts'
import { CarrierView, RecordView } from '../schemas/storage.ts'
import { storedCarrier } from '../store/carriers.ts'
import { expiryOf, storedRecord } from '../store/idempotency.ts'
import type { RowsByAccount } from '../store/rows.ts'
import { namedAccount } from './accounts.ts'
import { answers, described } from './document.ts'
import type { Control, ControlServices } from './services.ts'

const PageQuery = Type.Object({ account: Type.Optional(AccountName), ...paging }, { additionalProperties: false })

type PageQuery = Static<typeof PageQuery>

/** Looks into the tables, and evicts kept answers. */
export function storageRoutes(control: Control, { carriers, records, accounts, keys, writer }: ControlServices): void {
  /** A page of one account, or of all, as a person wants to see it. */
  function paged<Row extends { account_id: string }, View>(
    table: RowsByAccount<Row>,
    { account: name, limit = defaultPageSize, cursor }: PageQuery,
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

  control.get(
    '/carriers',
    {
      schema: {
        ...described('storage', 'listStoredCarriers', 'List stored carriers with their gateways, newest first'),
        querystring: PageQuery,
        response: answers(200, pageOf(CarrierView))
      }
    },
    async ({ query }) => paged(carriers, query, row => ({ account_id: row.account_id, ...storedCarrier(row) }))
  )

  control.get(
    '/idempotency',
    {
      schema: {
        ...described('storage', 'listIdempotencyRecords', 'List kept answers, newest first'),
        querystring: PageQuery,
        response: answers(200, pageOf(RecordView))
      }
    },
    async ({ query }) =>
      paged(records, query, ({ account_id, created_at, ...row }) => {
        const { fingerprint: _, ...record } = storedRecord({ account_id, created_at, ...row })
        const expiresAt = expiryOf(created_at)
        return {
          account_id,
          ...record,
          expires_at: instantAfter(expiresAt, 0),
          expired: accounts.clockOf(account_id).now() >= expiresAt
        }
      })
  )

  control.delete(
    '/idempotency',
    {
      schema: {
        ...described(
          'storage',
          'evictIdempotencyRecords',
          'Forget the answer of a key, or every answer of an account, or all'
        ),
        querystring: Type.Object(
          {
            account: Type.Optional(AccountName),
            key: Type.Optional(Type.String({ description: 'The idempotency key; of all accounts without `account`' }))
          },
          { additionalProperties: false }
        ),
        response: answers(200, Type.Object({ removed: Type.Integer() }))
      }
    },
    async ({ query: { account: name, key } }) => {
      const account = namedAccount(keys, name)
      const removed = await writer.write(() =>
        key === undefined ? records.clear(account) : records.evict(key, account)
      )
      return { removed }
    }
  )
}
