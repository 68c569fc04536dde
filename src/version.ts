import { readFileSync } from 'node:fs'
import { packageFolder } from './package.ts'

/** The version of this package. */
export function version(): string {
  return JSON.parse(readFileSync(new URL('package.json', packageFolder), 'utf8')).version
}
