import { type TSchema, Type } from 'typebox'

const unitMilliseconds = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const durationForms = 'Milliseconds as an integer, or a text such as `500ms`, `30s`, `15m`, `24h`, `7d`'

/** A span of time: whole milliseconds as a number, or a text such as `500ms`, `30s`, `15m`, `24h`, `7d`. */
export const Duration = (description: string, least = 0) =>
  Type.Unsafe<number | string>({
    type: ['integer', 'string'],
    minimum: least,
    maximum: Number.MAX_SAFE_INTEGER,
    pattern: `^${least > 0 ? '0*[1-9]' : ''}[0-9]{${least > 0 ? 0 : 1},12}(ms|s|m|h|d)$`,
    'x-topcalls-message': `must be ${least > 0 ? 'more than 0: ' : ''}milliseconds as an integer, or a text such as "500ms", "30s", "15m", "24h" or "7d"`,
    description: `${description}. ${durationForms}`
  })

/** Milliseconds of a duration that has passed its schema. */
export function milliseconds(duration: number | string): number {
  if (typeof duration === 'number') return duration
  const [, digits, unit] = /^(\d+)(\D+)$/.exec(duration) as unknown as [string, string, keyof typeof unitMilliseconds]
  return Number(digits) * unitMilliseconds[unit]
}

/** An instant in RFC 3339. */
export const Instant = (description: string) =>
  Type.String({
    format: 'date-time',
    // The format admits leap seconds, which no clock of JavaScript knows.
    pattern: 'T[0-9]{2}:[0-9]{2}:[0-5]',
    'x-topcalls-message': 'must be an instant in RFC 3339 such as 2030-01-01T00:00:00Z',
    description
  })

export const AccountId = Type.String({
  format: 'uuid',
  pattern: '^[0-9a-f-]*$',
  'x-topcalls-message': 'must be a UUID in lower case',
  description: 'Id of the account'
})

/** How control calls name an account. */
export const AccountName = Type.String({
  minLength: 1,
  maxLength: 300,
  description: 'The account: its id or one of its keys. Without it the call speaks of all accounts'
})

export const IdOf = Type.Object({ id: Type.String() })

export const OfAccount = Type.Object({ account: Type.Optional(AccountName) }, { additionalProperties: false })

/** A page of a list, newest first. */
export function pageOf<Schema extends TSchema>(schema: Schema) {
  return Type.Object({
    data: Type.Array(schema),
    next_cursor: Type.Union([Type.String(), Type.Null()], { description: 'For `cursor`; null on the last page' }),
    total: Type.Integer({ description: 'How many there are in all' })
  })
}

/** Items of a page that nobody asked to be longer or shorter. */
export const defaultPageSize = 50

/** Members of a query string that asks for a page. */
export const paging = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: defaultPageSize })),
  cursor: Type.Optional(
    Type.String({
      pattern: '^[1-9][0-9]{0,15}$',
      description: '`next_cursor` of the page before',
      'x-topcalls-message': 'must be the next_cursor of an earlier answer'
    })
  )
}
