import { isObject } from '../json.ts'
import { shortened } from '../redaction.ts'
import type { Finding } from '../schemas/request.ts'

/** A body may have thousands of members that nobody knows; so many are named one by one. */
const mostUnknownMembers = 20

/** The members that are known, and those of the objects among them. */
export interface Members {
  [name: string]: Members
}

/** Tells which members of a body nobody documents. */
export function unknownMembers(body: Record<string, unknown>, known: Members): Finding[] {
  const unknown = pathsOutside(body, known)
  const findings: Finding[] = unknown.slice(0, mostUnknownMembers).map(path => {
    const message = 'TopCalls documents no such member; it is ignored'
    return { code: 'unknown_member', path: shortened(path), message }
  })
  if (unknown.length > mostUnknownMembers) {
    const message = `So many more members are unknown: ${unknown.length - mostUnknownMembers}`
    findings.push({ code: 'unknown_member', message })
  }
  return findings
}

function pathsOutside(body: Record<string, unknown>, known: Members): string[] {
  const outside: string[] = []
  function look(object: Record<string, unknown>, members: Members, within: string): void {
    for (const name of Object.keys(object)) {
      const path = `${within}${name}`
      const inner = Object.hasOwn(members, name) ? members[name] : undefined
      const value = object[name]
      if (!inner) outside.push(path)
      // A member that is no object by its schema has no members of its own.
      else if (isObject(value) && Object.keys(inner).length > 0) look(value, inner, `${path}.`)
    }
  }
  look(body, known, '')
  return outside
}
