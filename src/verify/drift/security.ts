import { type Document, type Json, listOf, objectOf } from './document.ts'
import type { Bench } from './operations.ts'
import { isSubset } from './sets.ts'
import { short } from './values.ts'

/** Compares what a client must show to be let in: one of several sets of credentials and scopes. */
export function compareSecurity(bench: Bench, their: Json, our: Json): void {
  const [theirs, ours] = [requirementsOf(their, bench.theirs), requirementsOf(our, bench.ours)]
  const suffices = (shown: Set<string>, asked: Set<string>[]) => asked.some(one => isSubset(one, shown))
  const refused = ours.filter(one => !suffices(one, theirs))
  const unknown = theirs.filter(one => !suffices(one, ours))
  const text = `${named(theirs)} in theirs, ${named(ours)} in ours`
  if (refused.length > 0) bench.tell('security', 'changed', 'theirs', text)
  else if (unknown.length > 0) bench.tell('security', 'changed', 'ours', `${text}; the fake refuses what they take`)
}

const named = (requirements: Set<string>[]) =>
  requirements.map(one => short([...one].join(' and ') || 'nothing')).join(', or ')

function requirementsOf(operation: Json, document: Document): Set<string>[] {
  const { root, resolve } = document
  const schemes = objectOf(objectOf(root.components).securitySchemes)
  const requirements = listOf(operation.security ?? root.security)
  if (requirements.length === 0) return [new Set()]
  return requirements.map(requirement => {
    const parts = Object.entries(objectOf(requirement)).flatMap(([name, scopes]) => {
      const scheme = Object.hasOwn(schemes, name) ? resolve(schemes[name]) : {}
      return [schemeName(scheme, name), ...listOf(scopes).map(scope => `the scope ${scope}`)]
    })
    return new Set(parts)
  })
}

/** A scheme by what is sent, not by what it is called. */
function schemeName({ type, scheme, in: place, name }: Json, called: string): string {
  if (type === 'http') return `HTTP ${String(scheme).toLowerCase()}`
  if (type === 'apiKey') return `${place} ${place === 'header' ? String(name).toLowerCase() : name}`
  return typeof type === 'string' ? type : called
}
