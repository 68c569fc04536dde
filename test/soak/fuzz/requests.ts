import { carriersUrl } from '../../fixtures/emulator.ts'
import { authorization } from './callers.ts'
import { looking, steering } from './control.ts'
import type { Dice } from './dice.ts'
import { siblings } from './siblings.ts'
import { json, type Pool, type Request, written } from './wire.ts'

type Kind = (dice: Dice, pool: Pool) => Request

const plain = '{"carrier_name":"refused","sip_gateway":{"ipv4":"203.0.113.10"}}'

/** The carrier route, in one of its spellings. */
const carrierTarget = (dice: Dice) =>
  dice.oneIn(6)
    ? dice.pick([
        `${carriersUrl}?a=b&a=c&__proto__=x`,
        `${carriersUrl}#x`,
        carriersUrl.replace('c', '%63'),
        carriersUrl.replace('-', '%2D'),
        `http://localhost${carriersUrl}`,
        `HTTP://user:word@evil.example:99${carriersUrl}?a`
      ])
    : carriersUrl

/** A key that no mutation of another becomes by chance. */
const keyOf = (number: number) => `fuzz-key-${number}-${(number * 7_919) % 9_973}`

/** A carrier that is right. Its name follows from its key, so that a replay says the same name. */
const create: Kind = dice => {
  const number = dice.below(2_000)
  const body = JSON.stringify({ carrier_name: `fuzz ${number}`, sip_gateway: { ipv4: '203.0.113.10' } })
  const type = dice.pick([json, 'content-type: application/json; charset=utf-8', 'Content-Type: Application/JSON'])
  const lines = [authorization(dice), type]
  if (dice.oneIn(2)) lines.push(`${dice.pick(['Idempotency-Key', 'idempotency-key'])}: ${keyOf(number)}`)
  if (dice.oneIn(20)) lines.push('Expect: something')
  const bytes = written(dice, { target: carrierTarget(dice), lines, body })
  return { bytes, method: 'POST', statuses: [201], says: `"carrier_name":"fuzz ${number}"` }
}

const anyBody: Kind = (dice, { bodies }) => {
  const body = bodies[dice.below(bodies.length)] ?? ''
  const version = dice.pick(['1.1', '1.1', '1.1', '1.0'])
  const lines = [authorization(dice), json, ...(version === '1.0' ? ['Connection: keep-alive'] : [])]
  const host = version === '1.0' && dice.oneIn(2) ? null : 'localhost'
  const bytes = written(dice, { target: carriersUrl, version, host, lines, body })
  return { bytes, method: 'POST', statuses: [201, 400, 413] }
}

/** What is refused for what stands in its head. */
const refused: Kind = dice => {
  const known = authorization(dice)
  const [lines, status] = dice.pick<[string[], number]>([
    [[json], 401],
    [['Authorization: Bearer', json], 401],
    [['Authorization: Basic dDp0', json], 401],
    [['Authorization: Bearer tc_live_', json], 401],
    [[`Authorization: Bearer tc_live_${'x'.repeat(300)}`, json], 401],
    [['Authorization: Bearer tc_live_\xe9', json], 401],
    [['Authorization: Bearer tc_live_a b', json], 401],
    [[known, known, json], 401],
    [[known, json, 'Idempotency-Key: short'], 400],
    [[known, json, 'Idempotency-Key:'], 400],
    [[known, json, 'Idempotency-Key: with space'], 400],
    [[known, json, 'Idempotency-Key: \xfc\xfc\xfc\xfc\xfc\xfc\xfc\xfc'], 400],
    [[known, json, `Idempotency-Key: ${'k'.repeat(256)}`], 400],
    [[known, json, 'Idempotency-Key: twice-sent', 'Idempotency-Key: twice-sent'], 400],
    [[known, json, 'Content-Encoding: gzip'], 415],
    [[known, 'Content-Type: text/plain'], 415],
    [[known, 'Content-Type: application/json5'], 415],
    [[known, 'Content-Type: \xe9'], 415],
    [[known, 'Content-Type:'], 415]
  ])
  const host = dice.oneIn(20) ? null : 'localhost'
  const statuses = host === null ? [400] : [status]
  return { bytes: written(dice, { target: carriersUrl, host, lines, body: plain }), method: 'POST', statuses }
}

/** As large as a body may be, or larger. */
const large: Kind = dice => {
  const length = 65_536 + dice.pick([-1, 0, 1, 1_000, 40_000])
  const body = plain.padEnd(length)
  const bytes = written(dice, { target: carriersUrl, lines: [authorization(dice), json], body })
  return { bytes, method: 'POST', statuses: [length <= 65_536 ? 201 : 413] }
}

const methods = ['PUT', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'M-SEARCH'] as const

const otherMethod: Kind = dice => {
  const method = dice.pick(methods)
  return { bytes: written(dice, { method, target: carrierTarget(dice) }), method, statuses: [405] }
}

/** A path that leads nowhere; its number comes back. */
const astray: Kind = dice => {
  const method = dice.pick(['POST', 'GET', 'HEAD', 'DELETE', ...methods])
  const name = `/nowhere-${dice.below(1_000_000)}`
  const before = [
    '',
    '/v1',
    '/v1/phone-numbers/carriers/x',
    '/_topcalls',
    '/_topcalls/docs',
    '/%00',
    '/..',
    '/%2e%2e',
    '/__proto__'
  ]
  const behind = ['/', '//', '?x=%zz', '#', '/%E2%80%A8', `/${'x'.repeat(dice.below(4_000))}`, '/%0d%0aX:y']
  const target = `${dice.pick(['', ...before])}${name}${dice.pick(['', ...behind])}`
  const body = method !== 'GET' && dice.oneIn(3) ? { body: plain } : {}
  return {
    bytes: written(dice, { method, target, ...body }),
    method,
    statuses: [404],
    ...(method !== 'HEAD' && { says: name })
  }
}

const strangeTarget: Kind = dice => {
  const paths = ['/', '/%', '/%zz', '/%ff', '/%ed%a0%80', '/?', '//', '/.', '/;a=b'] as const
  const target = dice.pick([...paths, '*', 'http://localhost', 'http://[::1]/x', 'ws://localhost/x'])
  const method = dice.pick(['GET', 'OPTIONS'])
  return { bytes: written(dice, { method, target }), method, statuses: [400, 404] }
}

/** How often each kind comes. */
const kinds: [weight: number, Kind][] = [
  [8, create],
  [8, anyBody],
  [4, refused],
  [1, large],
  [2, otherMethod],
  [3, astray],
  [6, (dice, pool) => dice.pick(siblings)(dice, pool)],
  [1, strangeTarget],
  [3, looking],
  [1, steering]
]
const everyKind = kinds.flatMap(([weight, kind]) => Array<Kind>(weight).fill(kind)) as [Kind, ...Kind[]]
/** Kinds that steer nothing, whatever becomes of their bytes. */
const harmlessKinds = everyKind.filter(kind => kind !== steering && kind !== large) as [Kind, ...Kind[]]

export const anyRequest: Kind = (dice, pool) => dice.pick(everyKind)(dice, pool)
export const harmlessRequest: Kind = (dice, pool) => dice.pick(harmlessKinds)(dice, pool)
export const createRequest = create

const closing: Request = {
  bytes: Buffer.from('GET /_topcalls/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
  method: 'GET',
  statuses: [200],
  says: '"ok"'
}

/** Nothing but HTTP/1.1 is spoken here; what Node has read behind such a request it cannot make sense of. */
const upgrading: Kind = dice => {
  const lines = [authorization(dice), json, 'Connection: Upgrade', dice.pick(['Upgrade: websocket', 'Upgrade: h2c'])]
  return { bytes: written(dice, { target: carriersUrl, lines, body: plain }), method: 'POST', statuses: [201] }
}

/** Asks before it sends a body, and sends it all the same. Without a key it is told not to, and not heard again. */
const asking: Kind = dice => {
  const [lines, status] = dice.pick<[string[], number]>([
    [[json], 401],
    [[authorization(dice), 'Content-Type: text/plain', 'Connection: close'], 415],
    [[authorization(dice), json, 'Connection: close'], 201]
  ])
  const bytes = written(dice, { target: carriersUrl, lines: [...lines, 'Expect: 100-continue'], body: plain })
  return { bytes, method: 'POST', statuses: [status] }
}

/** A request after whose answer the server closes the connection. */
export const lastRequest: Kind = (dice, pool) => (dice.oneIn(10) ? dice.pick([upgrading, asking])(dice, pool) : closing)
