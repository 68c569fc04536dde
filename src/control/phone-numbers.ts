import { later } from '../clock.ts'
import { Problem } from '../problem.ts'
import { IdOf, milliseconds, pageOf } from '../schemas/common.ts'
import { StatusRequest } from '../schemas/phone-number.ts'
import { PhoneNumberView } from '../schemas/storage.ts'
import { asOf, noNext, type PhoneNumberRow, storedPhoneNumber } from '../store/phone-numbers.ts'
import { namedAccount } from './accounts.ts'
import { answers, described } from './document.ts'
import type { Control, ControlServices } from './services.ts'
import { PageQuery, pageOfTable } from './tables.ts'

export function phoneNumberControl(control: Control, { phoneNumbers, accounts, keys, writer }: ControlServices): void {
  const now = ({ account_id }: PhoneNumberRow) => accounts.clockOf(account_id).now()
  const viewOf = (row: PhoneNumberRow) => ({ account_id: row.account_id, ...storedPhoneNumber(asOf(row, now(row))) })

  control.get(
    '/phone-numbers',
    {
      schema: {
        ...described(
          'storage',
          'listStoredPhoneNumbers',
          'List stored phone numbers, newest first, deleted ones included'
        ),
        querystring: PageQuery,
        response: answers(200, pageOf(PhoneNumberView))
      }
    },
    async ({ query }) => pageOfTable(keys, phoneNumbers, query, viewOf)
  )

  control.put(
    '/phone-numbers/:id/status',
    {
      schema: {
        ...described(
          'storage',
          'setPhoneNumberStatus',
          "Make a phone number active, inactive or failed, at once or after a time of the account's clock"
        ),
        params: IdOf,
        body: StatusRequest,
        response: answers(200, PhoneNumberView)
      }
    },
    async ({ params: { id }, body: { account: name, status, after, error_message = null } }) => {
      if (error_message !== null && status !== 'failed') {
        const message = 'is for the status "failed"'
        throw Problem.refusing('invalid_body', [{ path: 'error_message', message, code: 'custom' }])
      }
      const account = namedAccount(keys, name)
      return await writer.write(() => {
        const row = phoneNumbers.find('id', id.toLowerCase(), account)
        if (!row || row.status === 'deleted') {
          throw new Problem('not_found', 'There is no phone number with this id, or it is deleted')
        }
        const present = asOf(row, now(row))
        const wait = milliseconds(after ?? 0)
        if (wait === 0) phoneNumbers.change(row, { ...noNext, status, error_message, updated_at: now(row) })
        else {
          const next = { next_status: status, next_at: later(now(row), wait), next_error_message: error_message }
          phoneNumbers.change(row, { ...present, ...next })
        }
        return viewOf(phoneNumbers.find('id', row.id, row.account_id) as PhoneNumberRow)
      })
    }
  )
}
