import { type Static, Type } from 'typebox'
import { AccountName, Duration, Instant } from './common.ts'

export const ClockReading = Type.Object(
  {
    now: Instant('What the clock shows'),
    frozen: Type.Boolean(),
    own: Type.Boolean({ description: 'Whether the account has a clock of its own; it gets one when it is steered' })
  },
  { $id: 'Clock' }
)
export type ClockReading = Static<typeof ClockReading>

export const ClockChange = Type.Object(
  {
    account: Type.Optional(AccountName),
    set: Type.Optional(Instant('Moves the clock forward to this instant')),
    advance: Type.Optional(Duration('Moves the clock forward')),
    freeze: Type.Optional(Type.Boolean({ description: 'Stops the clock, or lets it run on from where it stands' }))
  },
  { additionalProperties: false, minProperties: 1, 'x-topcalls-message': 'must have "set", "advance" or "freeze"' }
)
export type ClockChange = Static<typeof ClockChange>
