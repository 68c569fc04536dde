import type { VerifyConfig } from '../config.ts'
import { UsageError } from '../failure.ts'
import { isLoopbackUrl } from '../loopback.ts'
import { readObserved } from '../observed.ts'
import { checkWritable, writeOutput } from '../reports/output.ts'
import { type Case, readCases } from './cases.ts'
import { reporters } from './reporters/index.ts'
import { heading, progress, summary } from './reporters/spec.ts'
import { type CaseResult, type ExitCode, exitCodeOf, type Results } from './results.ts'
import { creationsOf, mostCreationsOf, requestsOf, runCase } from './run.ts'
import { noted, priorNotes } from './save.ts'
import { openSession } from './session.ts'

export interface Streams {
  out: NodeJS.WritableStream
  err: NodeJS.WritableStream
}

/**
 * Runs the cases of the contract against a server and reports.
 * @param token of the server's control plane
 * @param streams `out` for the report, `err` for what is said beforehand and on the way
 * @param stop ends the run at once; what was created is deleted all the same
 * @returns the exit code
 * @throws {UsageError} where the server is not on loopback and nobody said --yes
 * @throws {Failure} where there is no server
 */
export async function verify(
  config: VerifyConfig,
  token: string | undefined,
  streams: Streams,
  stop?: AbortSignal
): Promise<ExitCode> {
  const cases = chosen(readCases(), config.only)
  const observed = config.observed === undefined ? {} : readObserved(config.observed).behaviour
  for (const file of [config.output, config.save]) if (file !== undefined) checkWritable(file)
  const prior = { ...(config.save !== undefined && priorNotes(config.save, config.url)), ...observed }
  const say = (line: string) => void streams.err.write(`${line}\n`)

  say(planOf(cases, config))
  if (!isLoopbackUrl(config.url) && !config.yes) {
    throw new UsageError(`${config.url} is not on loopback: add --yes if the above may happen there.`)
  }
  const session = await openSession(config, token, stop)
  const { server } = session
  const startedAt = new Date()
  const begun = performance.now()
  const live = config.reporter === 'spec' && config.output === undefined
  const results: CaseResult[] = []
  let cleaned = { created: 0, left: 0 }
  try {
    const described = (): Results => ({
      url: config.url,
      ...(server && { server: { version: server.version, strictness: server.strictness } }),
      startedAt,
      duration: performance.now() - begun,
      cases: results,
      requests: session.requests(),
      ...cleaned
    })
    if (live) streams.out.write(`${heading(described())}\n`)
    const options = { prefix: config.prefix, slow: config.slow, observed, stop }
    for (const [index, one] of cases.entries()) {
      const result = await runCase(one, session, options)
      results.push(result)
      if (live) streams.out.write(progress(result, index, cases.length, streams.out))
    }
    cleaned = await session.cleanUp()
    const found = described()
    if (live) streams.out.write(summary(found, streams.out))
    else await report(found, config, streams)
    if (config.save !== undefined) {
      const { document, count } = noted(cases, found, prior)
      writeOutput(config.save, `${JSON.stringify(document, null, 2)}\n`)
      const what = count === 1 ? '1 observed behaviour is' : `${count} observed behaviours are`
      say(`${what} in ${config.save}: fake-topcalls start --observed ${config.save}`)
    }
    return exitCodeOf(found)
  } catch (error) {
    await session.cleanUp().catch(() => {})
    throw error
  }
}

async function report(found: Results, { reporter, output }: VerifyConfig, { out }: Streams): Promise<void> {
  const render = await reporters[reporter]()
  if (output === undefined) out.write(render(found, out))
  else writeOutput(output, render(found))
}

/** @throws {UsageError} for a name that is neither a case nor a rule of one */
function chosen(all: Case[], only: string[] | undefined): Case[] {
  if (!only) return all
  const fits = (name: string) => (one: Case) => one.id === name || one.rules.some(rule => rule === name)
  const unknown = only.find(name => !all.some(fits(name)))
  if (unknown !== undefined) throw new UsageError(`--only names "${unknown}", which is neither a case nor a rule.`)
  return all.filter(one => only.some(name => fits(name)(one)))
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`

/** What the run will do, in words; on a server that refuses nothing it creates more. */
function planOf(cases: Case[], { url, prefix, maxRequests }: VerifyConfig): string {
  const total = (numberOf: (one: Case) => number) =>
    Math.min(
      cases.reduce((sum, one) => sum + numberOf(one), 0),
      maxRequests
    )
  const [requests, creations, most] = [requestsOf, creationsOf, mostCreationsOf].map(total) as [number, number, number]
  const more = most > creations ? ` (${most} where the server refuses nothing)` : ''
  return (
    `verify runs ${count(cases.length, 'case')} against ${url}, with up to ${count(requests, 'request')}, and creates up to ` +
    `${count(creations, 'carrier')} or phone number${creations === 1 ? '' : 's'}${more} there, whose names and labels begin with "${prefix}". It deletes them ` +
    'afterwards, where the server can.'
  )
}
