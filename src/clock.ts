/** The last instant that RFC 3339 can write. */
export const lastInstant = Date.parse('9999-12-31T23:59:59.999Z')

const instantForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** The milliseconds of an RFC 3339 text, or undefined where it is none. */
export function parseInstant(text: string): number | undefined {
  const instant = Date.parse(text)
  return instantForm.test(text) && instant <= lastInstant ? instant : undefined
}

/** The milliseconds of a text that has the form of an instant; at most the last one, wherever its zone leads. */
export const instantOf = (text: string): number => Math.min(Date.parse(text), lastInstant)

/** An instant that is so many milliseconds after another; at most the last one that RFC 3339 can write. */
export const later = (instant: number, milliseconds: number): number => Math.min(instant + milliseconds, lastInstant)

/** The same, as RFC 3339. */
export const instantAfter = (instant: number, milliseconds: number): string =>
  new Date(later(instant, milliseconds)).toISOString()

/** A clock that a tester may steer. Instants are whole milliseconds since 1970-01-01 UTC; it never runs backwards. */
export interface Clock {
  /** The present instant. */
  now(): number
  /**
   * Moves the clock forward by so many milliseconds (0 or more).
   * @throws {RangeError} for a step backwards or past the year 9999
   */
  advance(milliseconds: number): void
  /** Moves the clock forward to an instant, unless it is there already. */
  notBefore(instant: number): void
  /** Stops the clock, or lets it run on from where it stands. */
  freeze(frozen: boolean): void
  readonly frozen: boolean
  /** Whether it shows something else than if nobody had ever steered it. */
  readonly steered: boolean
  /** Sets the clock to an instant, also an earlier one: for a reset or an import, which replace what was dated by it. */
  set(instant: number): void
  /** What the clock would show if nobody had ever steered it. */
  unsteered(): number
  /** Puts the clock back to how it was made. */
  restart(): void
  /** Returns what takes the clock back to how it is steered now. */
  saved(): () => void
  /** A clock of its own that shows the same now and is steered apart from this one. */
  fork(): Clock
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
  return steerable(source, 0, undefined)
}

/** A clock that stands still until it is told otherwise. */
export function frozenClock(instant: number): Clock {
  const source = monotonicTime()
  return steerable(source, instant - source(), instant)
}

function steerable(source: () => number, initialOffset: number, initiallyFrozenAt: number | undefined): Clock {
  let offset = initialOffset
  let frozenAt = initiallyFrozenAt
  const now = () => frozenAt ?? Math.min(Math.floor(source() + offset), lastInstant)

  function moveTo(instant: number): void {
    offset += instant - now()
    if (frozenAt !== undefined) frozenAt = instant
  }

  return {
    now,
    advance(milliseconds) {
      if (!(milliseconds >= 0)) throw new RangeError('a clock cannot be moved backwards')
      const instant = now() + milliseconds
      if (instant > lastInstant) throw new RangeError('a clock ends with the year 9999')
      moveTo(instant)
    },
    notBefore(instant) {
      if (instant > now()) moveTo(instant)
    },
    freeze(frozen) {
      if (frozen) frozenAt ??= now()
      else if (frozenAt !== undefined) {
        offset = frozenAt - source()
        frozenAt = undefined
      }
    },
    set: moveTo,
    unsteered: () => initiallyFrozenAt ?? Math.floor(source() + initialOffset),
    restart() {
      offset = initialOffset
      frozenAt = initiallyFrozenAt
    },
    saved() {
      const [savedOffset, savedFrozenAt] = [offset, frozenAt]
      return () => {
        offset = savedOffset
        frozenAt = savedFrozenAt
      }
    },
    get frozen() {
      return frozenAt !== undefined
    },
    get steered() {
      return offset !== initialOffset || frozenAt !== initiallyFrozenAt
    },
    fork: () => steerable(source, offset, frozenAt)
  }
}
