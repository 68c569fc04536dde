import { brokenRequest } from './broken.ts'
import type { Dice } from './dice.ts'
import { mutated } from './mutation.ts'
import { anyRequest, createRequest, harmlessRequest, lastRequest } from './requests.ts'
import type { Pool, Request } from './wire.ts'

/** What one client sends on one connection. */
export interface Case {
  kind: string
  /** Written one after the other; in most cases there is one. */
  pieces: Buffer[]
  /** How many requests it tries to be. */
  requests: number
  /** The requests that are answered, in this order, where that is known. */
  expected?: Request[]
  /** Whether the server refuses what comes behind the expected ones and closes the connection. */
  broken?: boolean
  /** How the client goes without waiting for answers. */
  leaves?: 'half-closes' | 'hangs up' | 'resets'
}

type Kind = (dice: Dice, pool: Pool) => Case

/** Whole requests in one go; what stands behind the last one must not be looked at. */
const pipeline: Kind = (dice, pool) => {
  const expected = [...several(dice, 8, () => anyRequest(dice, pool)), lastRequest(dice, pool)]
  const behind = dice.oneIn(10) ? createRequest(dice, pool).bytes : Buffer.alloc(0)
  const pieces = inPieces(dice, Buffer.concat([joined(expected), behind]))
  return { kind: 'pipeline', pieces, requests: expected.length, expected }
}

/** What HTTP forbids, behind whole requests and before others, which must not be looked at. */
const broken: Kind = (dice, pool) => {
  const expected = several(dice, 4, () => harmlessRequest(dice, pool)).slice(1)
  const behind = joined(several(dice, 2, () => createRequest(dice, pool)).slice(1))
  const bytes = Buffer.concat([joined(expected), Buffer.from(brokenRequest(dice), 'latin1'), behind])
  return { kind: 'broken', pieces: inPieces(dice, bytes), requests: expected.length + 1, expected, broken: true }
}

/** Requests that were right until some of their bytes were changed. */
const mutant: Kind = (dice, pool) => {
  const requests = [...several(dice, 3, () => harmlessRequest(dice, pool)), lastRequest(dice, pool)]
  const bytes = mutated(dice, apart(joined(requests)), apart(harmlessRequest(dice, pool).bytes))
  return { kind: 'mutant', pieces: inPieces(dice, bytes), requests: requests.length }
}

/** As requests of other accounts: a name that was changed under a known key must not be what a request of the others gets. */
function apart(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll('tc_live_fuzz_', 'tc_live_mutant_'), 'latin1')
}

const letters = [...'GET POST/HTTP1.:,;\r\n\t {}[]"\\%&=?#\0\x7f\xff']

const noise: Kind = dice => {
  const length = 1 + dice.below(dice.pick([8, 200, 30_000]))
  const text = () => Buffer.from(Array.from({ length }, () => letters[dice.below(letters.length)]).join(''), 'latin1')
  return { kind: 'noise', pieces: [dice.oneIn(2) ? dice.bytes(length) : text()], requests: 1 }
}

/** A client that goes in the middle of something, or before it was answered. */
const leaver: Kind = (dice, pool) => {
  const whole = several(dice, 4, () => (dice.oneIn(2) ? createRequest : harmlessRequest)(dice, pool))
  const bytes = joined(whole)
  const cut = dice.oneIn(3) ? bytes : bytes.subarray(0, 1 + dice.below(bytes.length))
  const leaves = dice.pick(['half-closes', 'hangs up', 'resets'] as const)
  return { kind: 'leaver', pieces: inPieces(dice, cut), requests: whole.length, leaves }
}

const stayers: [Kind, ...Kind[]] = [pipeline, pipeline, pipeline, mutant, mutant, broken, noise]

/** A client that waits until the server closes the connection. */
export const stayer: Kind = (dice, pool) => dice.pick(stayers)(dice, pool)
export { leaver }

/** One to so many, few more often than many. */
function several<T>(dice: Dice, most: number, make: () => T): T[] {
  return Array.from({ length: 1 + dice.below(1 + dice.below(most)) }, make)
}

function joined(requests: Request[]): Buffer {
  return Buffer.concat(requests.map(({ bytes }) => bytes))
}

function inPieces(dice: Dice, bytes: Buffer): Buffer[] {
  if (!dice.oneIn(4)) return [bytes]
  const at = dice.below(bytes.length)
  return [bytes.subarray(0, at), ...inPieces(dice, bytes.subarray(at))]
}
