import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { type Case, type Expectation, type Need, needText, type Request, type Step } from './cases.ts'
import type { Answer, Outgoing } from './exchange.ts'
import { fits, judge } from './judge.ts'
import type { CaseResult, Difference } from './results.ts'
import { type Identity, type Session, SpentError } from './session.ts'
import { fill, memberAt, StepError, type Variables, withMember } from './template.ts'

const carriersPath = '/v1/phone-numbers/carriers'
const numbersPath = '/v1/phone-numbers'

export interface RunOptions {
  /** What the names of all that is created begin with. */
  prefix: string
  /** Whether cases run that take more than a minute. */
  slow: boolean
  /** Behaviours that are known to be otherwise than the cases expect. */
  observed: Record<string, unknown>
  /** Ends the case that is under way, and so the run. */
  stop?: AbortSignal | undefined
}

/** How many requests a case sends, if none has to be repeated. */
export const requestsOf = ({ steps }: Case): number =>
  steps.reduce((sum, { send, times = 1, at_once = 1 }) => sum + (send ? times * at_once : 0), 0)

/** How many things a case creates where its expectations are met. */
export const creationsOf = ({ steps }: Case): number =>
  steps.reduce((sum, step) => sum + (step.send && creates(step) ? count(step) : 0), 0)

const creates = ({ expect }: Step): boolean => expect?.status !== undefined && fits(expect.status, 201)

/** How many it creates where nothing is refused and no key is known. */
export const mostCreationsOf = ({ steps }: Case): number =>
  steps.reduce((sum, step) => sum + ((step.send?.method ?? 'POST') === 'POST' && step.send ? count(step) : 0), 0)

const count = ({ times = 1, at_once = 1 }: Step): number => times * at_once

/** Why a case cannot be run against a server, or undefined. */
function obstacleTo(one: Case, session: Session, { slow, observed }: RunOptions): string | undefined {
  const { needs = [], strictness, unless } = one
  const has: Record<Need, boolean> = {
    control: session.server !== undefined,
    other_account: session.other !== undefined,
    sandbox: session.sandbox,
    slow
  }
  const missing = needs.find(need => !has[need])
  if (missing) return `needs ${needText(missing)}`
  const mode = session.server?.strictness ?? 'inferred'
  if (strictness && !strictness.includes(mode)) return `holds with --strictness ${strictness.join(' or ')} only`
  if (unless && isDeepStrictEqual(observed[unless.behaviour], unless.value)) {
    return `does not hold where ${unless.behaviour} is ${JSON.stringify(unless.value)}`
  }
  return undefined
}

/** What was asked and answered in a step, for another judgement. */
interface Recorded {
  name: string
  expect: Expectation
  answers: Answer[]
  earlier: Record<string, Answer>
}

/** The result of a case that is not run. */
export function skipped({ id, title, rules, source }: Case, reason: string): CaseResult {
  return { id, title, rules, source, outcome: 'skipped', reason, differences: [], requests: 0, duration: 0 }
}

/** The result of a case that would have run, had the run not ended before. */
export const cutOff = (one: Case, reason: string): CaseResult => ({ ...skipped(one, reason), isCutOff: true })

/** Runs one case against the server of the session. */
export async function runCase(one: Case, session: Session, options: RunOptions): Promise<CaseResult> {
  const { stop } = options
  try {
    stop?.throwIfAborted()
    return await judgedCase(one, session, options)
  } catch (error) {
    if (stop?.aborted) return cutOff(one, 'the run was stopped')
    throw error
  }
}

async function judgedCase(one: Case, session: Session, options: RunOptions): Promise<CaseResult> {
  const begun = performance.now()
  const before = session.requests()
  const { id, title, rules, source } = one
  const result = (outcome: 'held' | 'failed', differences: Difference[] = []): CaseResult => {
    const requests = session.requests() - before
    return { id, title, rules, source, outcome, differences, requests, duration: performance.now() - begun }
  }

  const obstacle = obstacleTo(one, session, options)
  if (obstacle) return skipped(one, obstacle)
  if (!session.affords(requestsOf(one))) return cutOff(one, new SpentError().message)

  const identity = one.needs?.includes('control') ? await session.freshAccount() : session.main
  const taken = await takeSteps(one, session, identity, options)
  if (taken instanceof SpentError) return { ...cutOff(one, taken.message), requests: session.requests() - before }
  const { recorded, broken } = taken
  const differences = [...recorded.flatMap(step => judgeStep(step)), ...broken]
  if (differences.length === 0) return result('held')

  const alternative = one.otherwise?.find(
    ({ expect }) => broken.length === 0 && recorded.every(step => judgeStep(step, expect).length === 0)
  )
  if (!alternative) return result('failed', differences)
  const { behaviour: name, value } = alternative
  const isKnown = isDeepStrictEqual(options.observed[name], value)
  return { ...(isKnown ? result('held') : result('failed', differences)), observed: { name, value } }
}

function judgeStep(
  { name, expect, answers, earlier }: Recorded,
  instead: Record<string, Expectation> = {}
): Difference[] {
  return judge(name, instead[name] ?? expect, answers, earlier)
}

async function takeSteps({ id, steps }: Case, session: Session, identity: Identity, { prefix, stop }: RunOptions) {
  const recorded: Recorded[] = []
  const earlier: Record<string, Answer> = {}
  const { host } = new URL(session.url)
  const fixed: Variables = {
    prefix,
    name: `${prefix}${randomBytes(3).toString('hex')}-${id}`,
    key: `${prefix}${randomUUID()}`,
    token: identity.key,
    account: identity.account,
    fresh_number: session.freshNumber(),
    second_number: session.freshNumber(),
    host
  }
  for (const [index, step] of steps.entries()) {
    const name = step.as ?? `step_${index + 1}`
    try {
      const variables = { ...fixed, uuid: randomUUID(), ...earlier }
      if (step.wait !== undefined) await sleep(step.wait * 1_000, undefined, { signal: stop })
      const expect = step.expect ? fill(step.expect, variables) : {}
      const answers: Answer[] = []
      if (step.control) answers.push(await steered(step.control, session, variables))
      if (step.send) answers.push(...(await sent(step, session, identity, variables)))
      recorded.push({ name, expect, answers, earlier: { ...earlier } })
      if (answers[0]) earlier[name] = answers[0]
    } catch (error) {
      // Repetitions after Retry-After took what the case needs.
      if (error instanceof SpentError) return error
      if (!(error instanceof StepError)) throw error
      const { expected, seen } = error
      return { recorded, broken: [{ step: name, expected, seen }] }
    }
  }
  return { recorded, broken: [] }
}

async function steered(control: NonNullable<Step['control']>, session: Session, variables: Variables): Promise<Answer> {
  const { method, path, body } = fill(control, variables)
  const answer = await session.steer(method, path, body)
  if (answer.status === undefined || answer.status >= 300) {
    throw new StepError(
      `the control plane to do ${method} ${path}`,
      `${answer.status}: ${memberAt(answer.body, 'detail')}`
    )
  }
  return answer
}

async function sent(step: Step, session: Session, identity: Identity, variables: Variables): Promise<Answer[]> {
  const { send = {}, times = 1, at_once = 1, expect } = step
  // What an answer lacks that a later step needs, such as an id, ends the case.
  const outgoing = outgoingOf(fill(send, variables), session, identity, variables)
  const wanted = (status: number | undefined) => expect?.status !== undefined && fits(expect.status, status)
  const answers: Answer[] = []
  for (let round = 0; round < times; round++) {
    const round = await Promise.allSettled(Array.from({ length: at_once }, () => session.send(outgoing, wanted)))
    for (const one of round) {
      if (one.status === 'rejected') throw one.reason
      answers.push(one.value)
    }
  }
  return answers
}

function outgoingOf(request: Request, session: Session, identity: Identity, variables: Variables): Outgoing {
  const { method = 'POST', path = carriersPath, raw } = request
  const body = bodyOf(request, method === 'POST' ? plainBody(path, variables) : undefined)
  const standard: Request['headers'] = {
    authorization: authorizationOf(request.auth, session, identity),
    ...(body && { 'content-type': 'application/json' }),
    // One more than there is keeps the server waiting.
    ...(body && { 'content-length': String(body.length + (request.unfinished ? 1 : 0)) }),
    ...(request.key !== undefined && { 'idempotency-key': request.key })
  }
  const headers = Object.entries({ ...standard, ...request.headers }).filter(([, value]) => value !== null)
  return {
    method,
    path,
    headers: Object.fromEntries(headers) as Outgoing['headers'],
    body,
    unfinished: request.unfinished,
    ...(raw !== undefined && { raw: Buffer.from(raw, 'latin1') })
  }
}

function authorizationOf(auth: string | undefined, { other }: Session, { key }: Identity): string | null {
  if (auth === 'none') return null
  if (auth === 'other') return `Bearer ${other?.key}`
  return auth ?? `Bearer ${key}`
}

/** What is sent to a path where the case says nothing else. */
function plainBody(path: string, { name, fresh_number: number }: Variables): object {
  if (path === numbersPath) return { number, label: name }
  return { carrier_name: name, sip_gateway: { ipv4: '203.0.113.10' } }
}

function bodyOf({ text, base64, body, set = {}, remove = [] }: Request, plain?: object): Buffer | undefined {
  if (text !== undefined) return Buffer.from(text)
  if (base64 !== undefined) return Buffer.from(base64, 'base64')
  let value: unknown = body ?? plain
  if (value === undefined) return undefined
  for (const [path, is] of Object.entries(set)) value = withMember(value, path.split('.'), { is })
  for (const path of remove) value = withMember(value, path.split('.'))
  return Buffer.from(JSON.stringify(value))
}
