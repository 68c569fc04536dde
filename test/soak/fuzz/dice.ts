/** Chance that can be repeated: the same seed throws the same numbers. */
export interface Dice {
  /** A whole number from 0 up to, and without, `count`. */
  below(count: number): number
  /** Whether a thing happens that happens once in `count`. */
  oneIn(count: number): boolean
  pick<T>(from: readonly [T, ...T[]]): T
  bytes(count: number): Buffer
}

export function createDice(seed: number): Dice {
  let state = seed >>> 0

  // Mulberry32: fast-check's own generators are too slow for a million requests.
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  const below = (count: number) => Math.floor(next() * count)
  return {
    below,
    oneIn: count => below(count) === 0,
    pick: from => from[below(from.length)] ?? from[0],
    bytes: count => Buffer.from(Array.from({ length: count }, () => below(256)))
  }
}
