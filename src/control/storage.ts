import { Type } from 'typebox'
import { instantAfter } from '../clock.ts'
import { AccountName, pageOf } from '../schemas/common.ts'
import { CarrierView, RecordView } from '../schemas/storage.ts'
import { storedCarrier } from '../store/carriers.ts'
import { expiryOf, storedRecord } from '../store/idempotency.ts'
import { namedAccount } from './accounts.ts'
import { answers, described } from './document.ts'
import type { Control, ControlServices } from './services.ts'
import { PageQuery, pageOfTable } from './tables.ts'

/** Looks into the tables, and evicts kept answers. */
export function storageRoutes(control: Control, { carriers, records, accounts, keys, writer }: ControlServices): void {
  control.get(
    '/carriers',
    {
      schema: {
        ...described('storage', 'listStoredCarriers', 'List stored carriers with their gateways, newest first'),
        querystring: PageQuery,
        response: answers(200, pageOf(CarrierView))
      }
    },
    async ({ query }) =>
      pageOfTable(keys, carriers, query, row => ({ account_id: row.account_id, ...storedCarrier(row) }))
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
      pageOfTable(keys, records, query, ({ account_id, created_at, ...row }) => {
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
