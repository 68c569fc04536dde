import { isSubset, without } from './sets.ts'
import { lower, type Shape, upper } from './shape.ts'

/** Where a client breaks that works with the other side: `theirs` is the published document, `ours` the fake's. */
export type Side = 'theirs' | 'ours'

export interface Finding {
  /** Below the place that was compared, such as `.sip_gateway.port` or `[]`. */
  path: string
  kind: 'added' | 'removed' | 'changed'
  side: Side | undefined
  text: string
}

export type Direction = 'request' | 'response'

/** What a side that is narrower, or wider, does to clients. */
export const consequences = {
  request: { narrower: 'they refuse what the fake takes', wider: 'the fake refuses what they take' },
  response: { narrower: 'the fake may answer what they never do', wider: 'they may answer what the fake never does' }
}

export type Width = keyof (typeof consequences)['request']

/** How a finding about two schemas is told. */
export interface Teller {
  tell(width: Width, text: string): void
  other(text: string, side?: Side): void
}

/** Compares what values may be, but not their members. False where nothing fits both, so that the rest says nothing. */
export function compareValues(theirs: Shape, ours: Shape, direction: Direction, { tell, other }: Teller): boolean {
  if (!compareTypes()) return false
  compareLimits()
  compareMarks()
  if (direction === 'request') compareDefaults()
  return true

  function compareDefaults(): void {
    const [their, our] = [theirs.default, ours.default]
    if (their === our) return
    const text = `the default is ${short(their ?? 'not said')} in theirs and ${short(our ?? 'not said')} in ours`
    // Who says nothing may still have that default.
    other(text, their !== undefined && our !== undefined ? 'theirs' : undefined)
  }

  /** False where there is nothing left to compare, since nothing fits both. */
  function compareTypes(): boolean {
    const [their, our] = [theirs.types, ours.types]
    if (theirs.values && ours.values) compareListed(theirs.values, ours.values)
    else {
      if (theirs.values) tell('narrower', `only ${list(theirs.values)} in theirs, any value in ours`)
      else if (ours.values) tell('wider', `any value in theirs, only ${list(ours.values)} in ours`)
      // The types of listed values are fewer, which is told; but they may also be others.
      const told = theirs.values ? within(their, our) : ours.values !== undefined && within(our, their)
      if (!told) compareKinds(their, our)
    }
    return !their || !our || their.size === 0 || our.size === 0 || [...their].some(type => our.has(type))
  }

  function compareListed(their: Set<string>, our: Set<string>): void {
    const [extra, lacking] = [without(their, our), without(our, their)]
    if (lacking.size === 0 && extra.size > 0) tell('wider', `${list(extra)} only in theirs`)
    else if (extra.size === 0 && lacking.size > 0) tell('narrower', `${list(lacking)} only in ours`)
    else if (extra.size > 0) other(`${list(extra)} only in theirs, ${list(lacking)} only in ours`, 'theirs')
  }

  function compareKinds(their: Types, our: Types): void {
    const [narrower, wider] = [within(their, our), within(our, their)]
    const text = `the type is ${typeNames(their)} in theirs and ${typeNames(our)} in ours`
    if (narrower && wider) return
    if (narrower) tell('narrower', text)
    else if (wider) tell('wider', text)
    else other(`${text}; neither fits the other`, 'theirs')
  }

  function compareLimits(): void {
    for (const keyword of [...lower, ...upper]) {
      const [their, our] = [theirs.limits.get(keyword), ours.limits.get(keyword)]
      if (their === our) continue
      const text = `${keyword} is ${their ?? 'absent'} in theirs and ${our ?? 'absent'} in ours`
      if (their === undefined) dropped(text)
      else if (our === undefined) tell('narrower', text)
      else tell(their > our === lower.includes(keyword) ? 'narrower' : 'wider', text)
    }
  }

  /** An answer about which theirs says less need not be another. */
  function dropped(text: string): void {
    if (direction === 'request') tell('wider', text)
    else other(`${text}; they promise less`)
  }

  function compareMarks(): void {
    for (const keyword of new Set([...theirs.marks.keys(), ...ours.marks.keys()])) {
      const their = theirs.marks.get(keyword) ?? new Set<string>()
      const our = ours.marks.get(keyword) ?? new Set<string>()
      const name = (set: Set<string>) => (set.size === 0 ? 'absent' : [...set].map(short).join(' and '))
      const text = `${keyword} is ${name(their)} in theirs and ${name(our)} in ours`
      if (isSubset(their, our) && isSubset(our, their)) continue
      if (isSubset(their, our)) dropped(text)
      else if (isSubset(our, their)) tell('narrower', text)
      else other(`${text}; which of them takes more is not told here`, 'theirs')
    }
  }
}

/** Text of a document, no longer than a line can bear. */
export const short = (text: string) => (text.length > 80 ? `${text.slice(0, 79).toWellFormed()}…` : text)

export const list = (set: Set<string>) => (set.size === 0 ? 'nothing' : short([...set].join(', ')))

type Types = Shape['types']

/** Without types there are all. */
const within = (one: Types, other: Types) => !other || (one !== undefined && isSubset(one, other))

const typeNames = (types: Types) =>
  types ? list(new Set([...types].filter(type => type !== 'integer' || !types.has('number')))) : 'not said'
