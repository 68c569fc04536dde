import { lastInstant } from '../clock.ts'
import { Problem } from '../problem.ts'
import { ClockChange, ClockReading } from '../schemas/clock.ts'
import { milliseconds, OfAccount } from '../schemas/common.ts'
import { namedAccount } from './accounts.ts'
import { answers, described } from './document.ts'
import type { Control, ControlServices } from './services.ts'

export function clockRoutes(control: Control, { accounts, keys }: ControlServices): void {
  function reading(account: string | undefined): ClockReading {
    const clock = accounts.clockOf(account)
    return { now: new Date(clock.now()).toISOString(), frozen: clock.frozen, own: clock !== accounts.common }
  }

  control.get(
    '/clock',
    {
      schema: {
        ...described('clock', 'getClock', 'Read the clock of an account, or the common one'),
        querystring: OfAccount,
        response: answers(200, ClockReading)
      }
    },
    async ({ query }) => reading(namedAccount(keys, query.account))
  )

  control.post(
    '/clock',
    {
      schema: {
        ...described(
          'clock',
          'changeClock',
          'Steer the clock of an account, or of all',
          'It drives `created_at`, idempotency windows, rate limits, expiry of keys and faults, and the `Date` header. ' +
            'Of several members `freeze` comes first, then `set`, then `advance`, so that a clock that stands shows ' +
            'exactly that instant.'
        ),
        body: ClockChange,
        response: answers(200, ClockReading)
      }
    },
    async ({ body: { account: name, set, advance, freeze } }) => {
      const account = namedAccount(keys, name)
      accounts.steer(account, clock => {
        const now = clock.now()
        const from = set === undefined ? now : Date.parse(set)
        if (from < now) throw backwards(now)
        const step = milliseconds(advance ?? 0)
        if (from + step > lastInstant) throw refused('advance', 'must not lead past the year 9999')

        if (freeze !== undefined) clock.freeze(freeze)
        clock.notBefore(from)
        clock.advance(step)
      })
      return reading(account)
    }
  )
}

function backwards(now: number): Problem {
  const present = new Date(now).toISOString()
  return refused(
    'set',
    `must not be before ${present}: a clock only goes forward, unless POST /reset names the part "clock"`
  )
}

function refused(path: string, message: string): Problem {
  return Problem.refusing('invalid_body', [{ path, message, code: 'invalid_value' }])
}
