import { hash, randomBytes, randomUUID } from 'node:crypto'
import { v4 } from 'uuid'

/** Identifiers and dice: the other door, beside the clock, through which change enters the program. */
export interface Chance {
  /** A UUID of version 4: the n-th one of a named sequence where a seed was given, else a random one. */
  uuid(sequence: string, n: number): string
  /** A number from 0 to 1, 1 excluded, in the same manner. */
  dice(sequence: string, n: number): number
  /** Whether everything follows from a seed. */
  readonly seeded: boolean
}

/** @param seed any integer; without it everything is random */
export function createChance(seed?: number): Chance {
  const bytes = (sequence: string, n: number) => seededBytes(`${seed} ${sequence} ${n}`)
  if (seed === undefined) {
    return { uuid: () => randomUUID(), dice: () => fraction(randomBytes(4)), seeded: false }
  }
  return {
    uuid: (sequence, n) => v4({ random: bytes(sequence, n) }),
    dice: (sequence, n) => fraction(bytes(sequence, n)),
    seeded: true
  }
}

/** The n-th throw of a die that has a seed of its own. */
export function seededDice(seed: number, n: number): number {
  return fraction(seededBytes(`${seed} dice ${n}`))
}

function seededBytes(text: string): Buffer {
  return hash('sha256', text, 'buffer').subarray(0, 16)
}

function fraction(bytes: Buffer): number {
  return bytes.readUInt32BE(0) / 2 ** 32
}
