import type { Dice } from './dice.ts'

/** Many accounts, so that what is remembered of each has to be bounded. */
const token = (dice: Dice) => `tc_live_fuzz_${dice.oneIn(10) ? dice.below(1_000_000) : dice.below(8)}`

export const authorization = (dice: Dice) =>
  `${dice.pick(['Authorization', 'authorization', 'AUTHORIZATION'])}: ${dice.pick(['Bearer', 'bearer'])} ${token(dice)}`
