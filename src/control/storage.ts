import { type Static, Type } from 'typebox'
import { AccountId, AccountName, Instant } from '../schemas/common.ts'
import { StoredCarrier, StoredRecord } from '../schemas/state.ts'
import { windowMilliseconds } from '../store/idempotency.ts'
import { storedCarrier } from '../store/state.ts'
import { namedAccount } from './accounts.ts'
import { answers, described, pageOf, paging } from './document.ts'
import type { Control, ControlServices } from './plane.ts'

const PageQuery = Type.Object({ account: Type.Optional(AccountName), ...paging }, { additionalProperties: false })

const CarrierView = Type.Object({ account_id: AccountId, ...StoredCarrier.properties })
export type StoredCarrierView = Required<Static<typeof CarrierView>>

const { fingerprint: _, ...told } = StoredRecord.properties
export const RecordView = Type.Object({
  account_id: AccountId,
  ...told,
  expires_at: Instant('From when on the key is free'),
  expired: Type.Boolean({ description: "On the account's clock" })
})

export type RecordView = Static<typeof RecordView>

/** Looks into the tables, and evicts kept answers. */
export function storageRoutes(control: Control, { carriers, records, accounts, keys, writer }: ControlServices): void {
  /** Reads one row more than the page has, to know whether another page follows. */
  function paged<Row extends { rowid: number }, View>(
    rows: Row[],
    limit: number,
    total: number,
    view: (row: Row) => View
  ) {
    const page = rows.slice(0, limit)
    return { data: page.map(view), next_cursor: rows.length > limit ? String(page.at(-1)?.rowid) : null, total }
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
    async ({ query: { account: name, limit = 50, cursor } }) => {
      const account = namedAccount(keys, name)
      const rows = carriers.page({
        account,
        limit: limit + 1,
        before: cursor === undefined ? undefined : Number(cursor)
      })
      return paged(rows, limit, carriers.count(account), row => ({ account_id: row.account_id, ...storedCarrier(row) }))
    }
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
    async ({ query: { account: name, limit = 50, cursor } }) => {
      const account = namedAccount(keys, name)
      const rows = records.page({
        account,
        limit: limit + 1,
        before: cursor === undefined ? undefined : Number(cursor)
      })
      return paged(rows, limit, records.count(account), ({ rowid: _, fingerprint: __, created_at, ...record }) => {
        const expiresAt = created_at + windowMilliseconds
        return {
          ...record,
          created_at: new Date(created_at).toISOString(),
          expires_at: new Date(expiresAt).toISOString(),
          expired: accounts.now(record.account_id) >= expiresAt
        }
      })
    }
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
