import { carriersUrl, numbersUrl } from '../../fixtures/emulator.ts'
import { authorization } from './callers.ts'
import type { Dice } from './dice.ts'
import { json, type Pool, type Request, written } from './wire.ts'

type Kind = (dice: Dice, pool: Pool) => Request

const queries = [
  '?limit=1',
  '?limit=200&cursor=mb3x1k2a_1f',
  '?limit=0',
  '?limit=%00',
  '?cursor=-1_1',
  '?cursor=zzzzzzzzzzz_zzzzzzzzzzz',
  '?cursor[]=1',
  '?limit=1&limit=2&__proto__=3',
  `?cursor=${'_'.repeat(3_000)}`,
  '?%ff=%ff'
] as const

/** A list, with a query string that asks for a part of it or is nonsense. */
const list: Kind = dice => {
  const method = dice.pick(['GET', 'GET', 'HEAD'])
  const target = `${dice.pick([carriersUrl, numbersUrl])}${dice.pick(['', ...queries])}`
  const key = dice.oneIn(5) ? ['Idempotency-Key: x'] : []
  return {
    bytes: written(dice, { method, target, lines: [authorization(dice), ...key] }),
    method,
    statuses: [200, 400]
  }
}

/** Nobody's ids: a mutation may hit one, but then says so in no answer that is expected. */
const ids = [
  '00000000-0000-4000-8000-000000000000',
  'FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFF',
  '%00',
  '1',
  `${'0'.repeat(36)}`,
  '%e2%80%ae',
  'x'.repeat(2_000)
] as const

const byId: Kind = dice => {
  const [method, base] = dice.pick<['GET' | 'HEAD' | 'DELETE', string]>([
    ['GET', numbersUrl],
    ['HEAD', numbersUrl],
    ['DELETE', numbersUrl],
    ['DELETE', carriersUrl]
  ])
  const bytes = written(dice, { method, target: `${base}/${dice.pick(ids)}`, lines: [authorization(dice)] })
  return { bytes, method, statuses: [400, 404] }
}

const strangeBodies = [
  '{"number":""}',
  '{"number":"+\\u0661"}',
  `{"number":"+${'1'.repeat(5_000)}"}`,
  '{"number":"+999999999999999"}',
  '{"number":["+12025550123"]}',
  '{"number":"+12025550123","voip_carrier_sid":"00000000-0000-4000-8000-000000000000"}',
  '{"number":"+12025550123","voip_carrier_sid":{"__proto__":null}}',
  '{"number":"+12025550123","label":"\\ud800"}',
  '[]'
] as const

/** A number, among so few that many are there already. */
const add: Kind = (dice, { bodies }) => {
  const lines = [authorization(dice), json]
  if (dice.oneIn(3)) {
    const body = dice.oneIn(2) ? dice.pick(strangeBodies) : (bodies[dice.below(bodies.length)] ?? '')
    const bytes = written(dice, { target: numbersUrl, lines, body })
    return { bytes, method: 'POST', statuses: [400, 404, 413] }
  }
  const number = `+1202555${String(100 + dice.below(100)).padStart(4, '0')}`
  if (dice.oneIn(2)) lines.push(`Idempotency-Key: fuzz-number-${number.slice(1)}`)
  const bytes = written(dice, { target: numbersUrl, lines, body: JSON.stringify({ number, label: number }) })
  return { bytes, method: 'POST', statuses: [201, 409] }
}

/** Requests of the operations beside adding carriers. */
export const siblings: [Kind, ...Kind[]] = [list, byId, add]
