import { existsSync } from 'node:fs'
import { departures, type Observed, readObserved } from '../observed.ts'
import type { Case } from './cases.ts'
import type { Results } from './results.ts'

/**
 * What a file of `--save` says so far of a server, which a run that does not look at everything must not forget.
 * @throws {UsageError} for a file that is no such one, and so is not overwritten
 */
export function priorNotes(file: string, url: string): Observed['behaviour'] {
  if (!existsSync(file)) return {}
  const noted = readObserved(file)
  return noted.url === url ? noted.behaviour : {}
}

/**
 * What `--save` writes: the behaviours in which the server differs from the guesses.
 * @param prior what is known of behaviours that no case of this run has looked at
 */
export function noted(cases: Case[], { url, startedAt, cases: results }: Results, prior: Observed['behaviour']) {
  const lookedAt = new Set<string>()
  const found: Record<string, unknown> = {}
  for (const [index, { outcome, observed }] of results.entries()) {
    if (outcome === 'skipped') continue
    for (const { behaviour } of cases[index]?.otherwise ?? []) lookedAt.add(behaviour)
    if (observed) found[observed.name] = observed.value
  }
  const kept = Object.entries(departures({ behaviour: prior })).filter(([name]) => !lookedAt.has(name))
  const behaviour = { ...Object.fromEntries(kept), ...found }
  const document = { observed_at: startedAt.toISOString(), url, behaviour }
  return { document, count: Object.keys(behaviour).length }
}
