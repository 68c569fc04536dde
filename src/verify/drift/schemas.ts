import { UsageError } from '../../failure.ts'
import type { Document, Json } from './document.ts'
import { shapeOf } from './reading.ts'
import { unmatched } from './sets.ts'
import { isBare, type Node, type Shape } from './shape.ts'
import {
  compareValues,
  consequences,
  type Direction,
  type Finding,
  list,
  type Side,
  short,
  type Width
} from './values.ts'

interface Context {
  direction: Direction
  /** Whether the schemas are parts of others, so that a member that one does not name is none that it lacks. */
  partial: boolean
  depth: number
}

const mostDepth = 100

/** A comparison of two documents, which remembers what it has compared: references may lead in circles. */
export function comparison(theirDocument: Document, ourDocument: Document) {
  const ids = new Map<Json, number>()
  const known = new Map<string, Finding[]>()

  const idsOf = (node: Node) => node.map(schema => ids.get(schema) ?? ids.set(schema, ids.size).size - 1).join('+')

  /** What is other in their schemas than in ours, each by its path. */
  function compare(theirs: Node, ours: Node, context: Context): Finding[] {
    if (context.depth > mostDepth) throw new UsageError(`its schemas are nested in more than ${mostDepth} levels.`)
    const key = [context.direction, context.partial, idsOf(theirs), idsOf(ours)].join(' ')
    const before = known.get(key)
    if (before) return before
    // Where the references come back to here, there is nothing that is not told already.
    known.set(key, [])
    const findings = compareShapes(shapeOf(theirs, theirDocument), shapeOf(ours, ourDocument), context)
    known.set(key, findings)
    return findings
  }

  function compareShapes(theirs: Shape, ours: Shape, context: Context): Finding[] {
    const { direction, partial } = context
    const found: Finding[] = []
    const tell = (width: Width, text: string, kind: Finding['kind'] = 'changed') => {
      const side = (width === 'narrower') === (direction === 'request') ? 'theirs' : 'ours'
      found.push({ path: '', kind, side, text: `${text}; ${consequences[direction][width]}` })
    }
    const other = (text: string, side?: Side) => found.push({ path: '', kind: 'changed', side, text })
    const nest = (path: string, their: Node, our: Node) => {
      for (const one of compare(their, our, { ...context, depth: context.depth + 1 }))
        found.push({ ...one, path: path + one.path })
    }
    if (!partial && isBare(theirs) !== isBare(ours)) {
      const wide = isBare(theirs)
      tell(
        wide ? 'wider' : 'narrower',
        wide ? 'anything is allowed in theirs' : 'anything is allowed in ours and not in theirs'
      )
      return found
    }
    if (
      theirs.alternatives.length !== ours.alternatives.length &&
      (onlyAlternatives(theirs) || onlyAlternatives(ours))
    ) {
      oneOfSeveral(theirs, ours)
      return found
    }
    if (!compareValues(theirs, ours, direction, { tell, other })) return found
    compareMembers()
    compareRest()
    if (theirs.items.length > 0 || ours.items.length > 0) nest('[]', theirs.items, ours.items)
    compareAlternatives()
    compareConditions()
    compareOthers()
    return found

    function compareMembers(): void {
      const names = new Set([...theirs.members.keys(), ...ours.members.keys(), ...theirs.required, ...ours.required])
      for (const name of names) {
        const path = `.${short(name)}`
        const has = (shape: Shape) => partial || shape.members.has(name) || shape.required.has(name)
        const [their, our] = [theirs.members.get(name) ?? [], ours.members.get(name) ?? []]
        if (isForeign(their, theirDocument) || isForeign(our, ourDocument)) continue
        if (!has(ours)) found.push({ path, kind: 'added', ...addition(theirs.required.has(name)) })
        else if (!has(theirs)) found.push({ path, kind: 'removed', ...removal() })
        else {
          compareRequired(path, theirs.required.has(name), ours.required.has(name))
          nest(path, their, our)
        }
      }
    }

    /** Members that only answers have, or only requests. */
    function isForeign(node: Node, document: Document): boolean {
      const { readOnly, writeOnly } = shapeOf(node, document)
      return direction === 'request' ? readOnly : writeOnly
    }

    function addition(required: boolean): Pick<Finding, 'side' | 'text'> {
      if (direction === 'response') return { side: undefined, text: 'a member that the fake does not answer' }
      if (required) return { side: 'theirs', text: 'a member that they require and the fake does not know' }
      const closed = ours.rest === 'closed'
      return {
        side: closed ? 'ours' : undefined,
        text: `a member that the fake ${closed ? 'refuses' : 'does not know'}`
      }
    }

    function removal(): Pick<Finding, 'side' | 'text'> {
      if (direction === 'response') return { side: 'theirs', text: 'a member that they do not answer' }
      const closed = theirs.rest === 'closed'
      return { side: closed ? 'theirs' : undefined, text: `a member that they ${closed ? 'refuse' : 'do not know'}` }
    }

    function compareRequired(path: string, their: boolean, our: boolean): void {
      if (their === our) return
      tell(
        their ? 'narrower' : 'wider',
        their ? 'required in theirs, optional in ours' : 'optional in theirs, required in ours'
      )
      const last = found.at(-1)
      if (last) last.path = path
    }

    function compareRest(): void {
      const [their, our] = [theirs.rest, ours.rest]
      if (typeof their !== 'string' || typeof our !== 'string') {
        if (their === 'closed' || our === 'closed')
          tell(their === 'closed' ? 'narrower' : 'wider', 'other members than the named')
        else nest('.*', their === 'open' ? [] : their, our === 'open' ? [] : our)
      } else if (their !== our) {
        const text = `other members than the named are ${word(their)} in theirs and ${word(our)} in ours`
        if (direction === 'request') tell(their === 'closed' ? 'narrower' : 'wider', text)
        else other(text)
      }
    }

    function oneOfSeveral(a: Shape, b: Shape): void {
      const theyHaveMore = a.alternatives.length > b.alternatives.length
      const [several, single, document] = theyHaveMore ? [a, b, theirDocument] : [b, a, ourDocument]
      const branches = several.alternatives[0] ?? []
      const text = `one of ${branches.length} alternatives in ${theyHaveMore ? 'theirs, a single schema in ours' : 'ours, a single schema in theirs'}`
      const same = branches.some(branch => {
        const shape = shapeOf(branch, document)
        return compareShapes(theyHaveMore ? shape : single, theyHaveMore ? single : shape, context).length === 0
      })
      if (same) tell(theyHaveMore ? 'wider' : 'narrower', text)
      else other(text, 'theirs')
    }

    function compareAlternatives(): void {
      const [extra, lacking] = unmatched(theirs.alternatives, ours.alternatives, (their, our) => {
        const [more, less] = unmatched(their, our, (a, b) => compare(a, b, context).length === 0)
        return more.length === 0 && less.length === 0
      })
      const [their, our] = [extra[0], lacking[0]]
      if (their && our) {
        const [more, less] = unmatched(their, our, (a, b) => compare(a, b, context).length === 0)
        const [one, two] = [more[0], less[0]]
        if (one && two && more.length === 1 && less.length === 1) nest('', one, two)
        else if (less.length === 0) tell('wider', `${more.length} more alternatives in theirs`)
        else if (more.length === 0) tell('narrower', `${less.length} more alternatives in ours`)
        else other('the alternatives are others', 'theirs')
      } else if (their) tell('narrower', `one of ${their.length} alternatives in theirs`)
      else if (our) tell('wider', `one of ${our.length} alternatives in ours`)
    }

    function compareConditions(): void {
      const part = { ...context, partial: true, depth: context.depth + 1 }
      const alike = (a: Shape['conditions'][number], b: typeof a) => compare(a.if, b.if, part).length === 0
      const [extra, lacking] = unmatched(theirs.conditions, ours.conditions, (a, b) => {
        if (!alike(a, b)) return false
        for (const one of compare(a.then, b.then, part)) {
          found.push({ ...one, text: `${when(a.if, theirDocument)}: ${one.text}` })
        }
        for (const one of compare(a.else, b.else, part)) {
          found.push({ ...one, text: `unless ${when(a.if, theirDocument)}: ${one.text}` })
        }
        return true
      })
      for (const { if: node } of extra) tell('narrower', `a condition of theirs ${when(node, theirDocument)}`)
      for (const { if: node } of lacking) tell('wider', `a condition of ours ${when(node, ourDocument)}`)
    }

    function compareOthers(): void {
      const part = { ...context, partial: true, depth: context.depth + 1 }
      const [extra, lacking] = unmatched(
        theirs.others,
        ours.others,
        (a, b) => a.keyword === b.keyword && compare(a.node, b.node, part).length === 0
      )
      for (const { keyword } of extra) tell('narrower', `another "${keyword}" in theirs`)
      for (const { keyword } of lacking) tell('wider', `another "${keyword}" in ours`)
    }
  }

  return (direction: Direction, theirs: Node, ours: Node): Finding[] =>
    compare(theirs, ours, { direction, partial: false, depth: 0 })
}

const onlyAlternatives = (shape: Shape) => shape.alternatives.length === 1 && isBare({ ...shape, alternatives: [] })

const word = (rest: Shape['rest']) => (rest === 'closed' ? 'refused' : 'allowed')

/** The values on which a condition depends. */
function when(node: Node, document: Document): string {
  const { members } = shapeOf(node, document)
  const parts = [...members].flatMap(([name, member]) => {
    const { values } = shapeOf(member, document)
    return values ? [`${short(name)} is ${list(values)}`] : []
  })
  return parts.length > 0 ? `where ${parts.join(' and ')}` : 'for some values'
}
