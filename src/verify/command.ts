import { writeFileSync } from 'node:fs'
import type { VerifyConfig } from '../config.ts'
import { Failure, UsageError } from '../failure.ts'
import { isLoopbackAddress } from '../loopback.ts'
import { readObserved } from '../observed.ts'
import { type Case, readCases } from './cases.ts'
import { reporters } from './reporters/index.ts'
import { heading, progress, summary } from './reporters/spec.ts'
import { type CaseResult, type ExitCode, exitCodeOf, type Results } from './results.ts'
import { creationsOf, requestsOf, runCase, skipped } from './run.ts'
import { openSession } from './session.ts'

export interface Streams {
  out: NodeJS.WritableStream
  err: NodeJS.WritableStream
}

/**
 * Runs the cases of the contract against a server and reports.
 * @param token of the server's control plane
 * @param streams `out` for the report, `err` for what is said beforehand and on the way
 * @param stop ends the run after the case that is under way; what was created is deleted all the same
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
  const observed = config.observed === undefined ? {} : behavioursOf(config.observed)
  const say = (line: string) => void streams.err.write(`${line}\n`)

  say(planOf(cases, config))
  if (!isLocal(config.url) && !config.yes) {
    throw new UsageError(`${config.url} is not on loopback: add --yes if the above may happen there.`)
  }
  const session = await openSession(config, token)
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
    const options = { prefix: config.prefix, slow: config.slow, observed }
    for (const [index, one] of cases.entries()) {
      const result = stop?.aborted ? skipped(one, 'the run was stopped') : await runCase(one, session, options)
      results.push(result)
      if (live) streams.out.write(progress(result, index, cases.length, streams.out))
    }
    cleaned = await session.cleanUp()
    const found = described()
    if (live) streams.out.write(summary(found, streams.out))
    else await report(found, config, streams)
    if (config.save !== undefined) save(config.save, found, say)
    return exitCodeOf(found)
  } catch (error) {
    await session.cleanUp().catch(() => {})
    throw error
  }
}

async function report(found: Results, { reporter, output }: VerifyConfig, { out }: Streams): Promise<void> {
  const render = await reporters[reporter]()
  if (output === undefined) out.write(render(found, out))
  else write(output, render(found))
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new Failure(`${file} cannot be written: ${(error as NodeJS.ErrnoException).code}.`)
  }
}

/** @throws {UsageError} for a name that is neither a case nor a rule of one */
function chosen(all: Case[], only: string[] | undefined): Case[] {
  if (!only) return all
  const fits = (name: string) => (one: Case) => one.id === name || one.rules.some(rule => rule === name)
  const unknown = only.find(name => !all.some(fits(name)))
  if (unknown !== undefined) throw new UsageError(`--only names "${unknown}", which is neither a case nor a rule.`)
  return all.filter(one => only.some(name => fits(name)(one)))
}

const isLocal = (url: string) => isLoopbackAddress(new URL(url).hostname.replace(/^\[|\]$/g, ''))

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`

/** What the run will do, in words. */
function planOf(cases: Case[], { url, prefix, maxRequests }: VerifyConfig): string {
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)
  const requests = Math.min(sum(cases.map(requestsOf)), maxRequests)
  const creations = sum(cases.map(creationsOf))
  return (
    `verify runs ${count(cases.length, 'case')} against ${url}, with up to ${count(requests, 'request')}, and creates up to ` +
    `${count(creations, 'carrier')} there, whose names begin with "${prefix}". It deletes them afterwards, where the server can.`
  )
}

function behavioursOf(file: string): Record<string, unknown> {
  return readObserved(file).behaviour
}

/** Writes down the behaviours in which the server differs from the guesses, for --observed. */
function save(file: string, { url, startedAt, cases }: Results, say: (line: string) => void): void {
  const behaviour = Object.fromEntries(
    cases.flatMap(({ observed }) => (observed ? [[observed.name, observed.value]] : []))
  )
  const document = { observed_at: startedAt.toISOString(), url, behaviour }
  write(file, `${JSON.stringify(document, null, 2)}\n`)
  const count = Object.keys(behaviour).length
  say(
    `${count} observed ${count === 1 ? 'behaviour is' : 'behaviours are'} in ${file}: fake-topcalls start --observed ${file}`
  )
}
