import { randomUUID } from 'node:crypto'

/** Time and identifiers enter the program through here, so a test can hold both in its hand. */
export interface Clock {
  /** The present instant in whole milliseconds since 1970-01-01 UTC. It never runs backwards. */
  now(): number
  /** Moves the clock forward by so many milliseconds (0 or more). */
  advance(milliseconds: number): void
  /** Moves the clock forward to an instant, unless it is there already. */
  notBefore(instant: number): void
  /** A new random UUID (version 4). */
  newId(): string
}

/** A source of instants in milliseconds: wall time at the start plus monotonic time since. */
export function monotonicTime(): () => number {
  const origin = Date.now() - performance.now()
  return () => origin + performance.now()
}

/**
 * Monotonic time plus what it was advanced by. Later steps of the wall clock have no effect.
 * @param source instants in milliseconds that never run backwards
 */
export function createClock(source: () => number = monotonicTime()): Clock {
  let offset = 0
  const now = () => Math.floor(source() + offset)
  return {
    now,
    notBefore(instant) {
      offset += Math.max(0, instant - now())
    },
    advance(milliseconds) {
      if (!(milliseconds >= 0)) throw new RangeError('a clock cannot be moved backwards')
      offset += milliseconds
    },
    newId: () => randomUUID()
  }
}
