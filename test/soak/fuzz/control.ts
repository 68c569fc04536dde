import type { Dice } from './dice.ts'
import { json, type Pool, type Request, written } from './wire.ts'

/** An account that nobody else uses: whatever is armed for it harms no other check. */
const victim = 'tc_live_fuzz_victim'

const looks = [
  'livez',
  'readyz',
  'v1/clock',
  'v1/clock?account=x',
  'v1/clock?account=tc_live_fuzz_0&account=tc_live_fuzz_1',
  'v1/faults',
  'v1/keys?account=tc_live_fuzz_0',
  'v1/rate-limits',
  'v1/carriers?limit=2',
  'v1/carriers?cursor=99999999999999999',
  'v1/idempotency?limit=2&limit=1',
  'v1/requests?limit=2',
  'v1/requests?limit=0',
  'v1/requests?cursor=-1',
  'v1/requests?nothing=1',
  'v1/requests?path=%00',
  'v1/requests/%00',
  'v1/requests/00000000-0000-4000-8000-000000000000',
  `v1/state?account=${victim}`
] as const

/** Calls that only look. */
export function looking(dice: Dice): Request {
  const method = dice.pick(['GET', 'GET', 'HEAD'])
  const target = `/_topcalls/${dice.pick(looks)}`
  if (dice.oneIn(8) && target.includes('/v1/')) {
    const host = dice.pick(['evil.example', 'localhost.evil.example', 'a b@c', 'localhost:x', '[::1', ''])
    return { bytes: written(dice, { method, target, host }), method, statuses: [403] }
  }
  const foreign = target.includes('/v1/') && dice.oneIn(8)
  const lines = foreign
    ? [dice.pick(['Origin: null', 'Origin: http://evil.example', 'Sec-Fetch-Site: cross-site'])]
    : []
  return { bytes: written(dice, { method, target, lines }), method, statuses: foreign ? [403] : [200, 400, 404] }
}

/** Calls that steer, or try to, but only an account that nobody uses. */
export function steering(dice: Dice, { members }: Pool): Request {
  const [method, path] = dice.pick<[string, string]>([
    ['POST', 'faults'],
    ['DELETE', `faults?account=${victim}`],
    ['POST', 'requests/verify'],
    ['POST', 'requests/verify'],
    ['DELETE', `requests?account=${victim}`],
    ['POST', 'keys'],
    ['PUT', 'rate-limits'],
    ['POST', 'clock'],
    ['POST', 'reset'],
    ['PUT', `state?account=${victim}`]
  ])
  // Keys stay listed until they are revoked, so these are few.
  const key = path === 'keys' ? { key: `tc_live_fuzz_minted_${dice.below(10)}` } : {}
  const body = method === 'DELETE' ? undefined : { ...members[dice.below(members.length)], ...key, account: victim }
  const bytes = written(dice, {
    method,
    target: `/_topcalls/v1/${path}`,
    ...(body && { lines: [json], body: JSON.stringify(body) })
  })
  return { bytes, method, statuses: [200, 201, 204, 400, 422] }
}
