import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { type VerifyConfig, verifyOptions } from '../src/config.ts'
import { UsageError } from '../src/failure.ts'
import { verify } from '../src/verify/command.ts'
import type { Asked, Manner } from './fixtures/double.ts'
import { both, isApi, isCreated, objectIn } from './fixtures/manners.ts'
import { refusal, stranger, verified } from './fixtures/verify.ts'

/** Remembers what was created. */
function watching() {
  const created: { path: string; name: string; id: string }[] = []
  const manner: Manner = async (asked, pass) => {
    const told = await pass(asked)
    if (asked.method === 'POST' && isApi(asked) && isCreated(told)) {
      const { carrier_name, label, id } = objectIn(told)
      created.push({ path: `${asked.path}/${id}`, name: label ?? carrier_name, id })
    }
    return told
  }
  return { created, manner }
}

/** Answers DELETE with a status and remembers the paths. */
function deleting(status: number) {
  const deleted: string[] = []
  const manner: Manner = async (asked, pass) => {
    if (asked.method !== 'DELETE') return pass(asked)
    deleted.push(asked.path)
    return refusal(status, [])
  }
  return { deleted, manner }
}

t.test('a server that is not on loopback is not touched without --yes, but the plan is said', async t => {
  const { url, asked, config } = await stranger(t)
  const all = Object.fromEntries(Object.entries(verifyOptions).map(([name, { fallback }]) => [name, fallback]))
  const [out, err] = [new PassThrough(), new PassThrough()]
  const running = verify({ ...(all as unknown as VerifyConfig), ...config, url, yes: false }, undefined, { out, err })

  await t.rejects(running, new UsageError(`${url} is not on loopback: add --yes if the above may happen there.`))
  t.match(String(err.read()), `against ${url}, with up to `)
  t.equal(out.read(), null)
  t.same(asked, [])
})

t.test('a server that is neither steered nor on loopback gets nothing but names with the prefix', async t => {
  const { created, manner } = watching()
  const { url, config } = await stranger(t, { manner })
  const { code, out } = await verified(url, { ...config, prefix: 'mine-' })
  t.equal(code, 0, out)
  t.ok(created.length > 20)
  t.same(
    created.filter(({ name }) => !name.startsWith('mine-')),
    []
  )
  t.match(out, /skipped A carrier_name of one character.*: needs a server whose data may have any name/)
})

t.test('what was created is deleted afterwards, where the server can: numbers before their carrier', async t => {
  const { created, manner } = watching()
  const { deleted, manner: inner } = deleting(204)
  const { url, config } = await stranger(t, { manner: both(manner, inner) })
  const { out } = await verified(url, { ...config, only: ['B2', 'N6', 'number-retry-same-answer'] })
  const paths = [...new Set(created.map(({ path }) => path))]
  t.same(deleted, paths.toReversed())
  t.match(deleted[0], /^\/v1\/phone-numbers\/[0-9a-f-]{36}$/)
  t.match(out, ` ${paths.length} created, nothing is left of it.`)
})

t.test('what a case has deleted is not deleted again', async t => {
  const { url, asked, config } = await stranger(t)
  const { out } = await verified(url, { ...config, only: ['carrier-deleted', 'key-after-deletion'] })
  t.equal(asked.filter(({ method }) => method === 'DELETE').length, 3, 'by the cases themselves')
  t.match(out, ' 2 created, nothing is left of it.')
})

t.test('a server that cannot delete is asked once, and what is left is counted', async t => {
  for (const status of [404, 405]) {
    const { created, manner } = watching()
    const { deleted, manner: inner } = deleting(status)
    const { url, config } = await stranger(t, { manner: both(manner, inner) })
    const { code, out } = await verified(url, { ...config, only: ['B2'] })
    const ids = new Set(created.map(({ id }) => id))
    t.equal(deleted.length, 1)
    t.match(out, ` ${ids.size} created, ${ids.size} could not be deleted and are left.`)
    t.equal(code, 0, 'which is no fault of the contract')
  }
})

t.test('a busy server is asked again when it says so: in seconds or at a date, also while deleting', async t => {
  const answers = [
    refusal(429, [['Retry-After', '0']]),
    refusal(503, [['Retry-After', '1']]),
    refusal(429, [['Retry-After', new Date().toUTCString()]])
  ]
  const busy = (): Manner => {
    const left = [...answers]
    const deletions = [refusal(429, [['Retry-After', '0']])]
    return async (asked, pass) => (asked.method === 'DELETE' ? deletions : left).shift() ?? pass(asked)
  }
  const { deleted, manner } = deleting(204)
  const { url, asked, config } = await stranger(t, { manner: both(busy(), manner) })
  const begun = performance.now()
  const { code, out } = await verified(url, { ...config, only: ['carrier-created'] })
  t.equal(code, 0, out)
  t.ok(performance.now() - begun >= 1_000)
  t.match(out, '4 requests, 1 created, nothing is left of it.')
  t.equal(deleted.length, 1)
  t.same(
    asked.map(({ method }) => method),
    ['POST', 'POST', 'POST', 'POST', 'DELETE', 'DELETE']
  )
})

t.test('a server that stays busy, or that does not say for how long, is not asked for ever', async t => {
  const patient: [[string, string][], number][] = [
    [[['Retry-After', '0']], 4],
    [[['Retry-After', 'soon']], 1],
    [[], 1]
  ]
  for (const [headers, requests] of patient) {
    const { url, asked, config } = await stranger(t, { manner: async () => refusal(429, headers) })
    const { code, failed } = await verified(url, { ...config, only: ['carrier-created'] })
    t.equal(code, 1)
    t.match(failed.get('carrier-created')?.differences, [/saw 429/])
    t.equal(asked.length, requests)
  }
})

t.test('--max-requests is kept, and what it leaves out is skipped', async t => {
  for (const maxRequests of [1, 7, 30]) {
    const { url, asked, config } = await stranger(t)
    const { code, out } = await verified(url, { ...config, maxRequests })
    t.ok(requestsIn(asked) <= maxRequests)
    t.match(out, /skipped .*: the requests of --max-requests are spent/)
    t.match(out, /, 0 failed, 0 differ, /)
    t.match(out, /did not run, since the requests of --max-requests are spent: exit code 1\.$/m)
    t.equal(code, 1, 'a small budget does not look like success')
  }
})

t.test('--max-requests is kept also where repetitions take what a case needs', async t => {
  let count = 0
  // Each other request finds the server busy.
  const manner: Manner = async (asked, pass) => (count++ % 2 === 0 ? refusal(429, [['Retry-After', '0']]) : pass(asked))
  for (const maxRequests of [3, 4, 5, 12]) {
    const { url, asked, config } = await stranger(t, { manner })
    const { out } = await verified(url, { ...config, maxRequests, only: ['I2', 'I10'] })
    t.ok(requestsIn(asked) <= maxRequests)
    t.match(out, /skipped .*: the requests of --max-requests are spent/)
    t.match(out, /, 0 failed, 0 differ, /, 'a case that could not be ended is no failure')
  }
})

t.test('--rate is kept', async t => {
  const { url, asked, config } = await stranger(t)
  const begun = performance.now()
  await verified(url, { ...config, only: ['B2', 'I2'], rate: 20 })
  t.ok(asked.length > 8)
  t.ok(performance.now() - begun >= ((asked.length - 1) / 20) * 1_000 - 50)
})

t.test('--only takes cases and rules, and refuses what is neither', async t => {
  const { url, config, asked } = await stranger(t)
  const only = async (...names: string[]) => {
    const { out } = await verified(url, { ...config, only: names })
    return [...out.matchAll(/^ *\d+\/\d+ held +(.*) \(\d+ ms\)$/gm)].map(([, title]) => title)
  }
  t.same(await only('carrier-created'), ['The least that is required is accepted'])
  t.same(await only('R4', 'carrier-created'), ['The least that is required is accepted', 'Success answers 201'])
  t.equal((await only('B1', 'B1', 'carrier-name-longest')).length, (await only('B1')).length)
  asked.length = 0
  for (const name of ['B99', 'carrier', '']) {
    const message = `--only names "${name}", which is neither a case nor a rule.`
    await t.rejects(verified(url, { ...config, only: ['B1', name] }), new UsageError(message))
  }
  t.same(asked, [])
})

t.test('where there is no server, one sentence says so', async t => {
  await t.rejects(verified('http://127.0.0.1:1'), {
    exitCode: 1,
    message: /^http:\/\/127\.0\.0\.1:1 cannot be reached: .+\.$/
  })
  await t.rejects(verified('http://127.0.0.1:1', { controlUrl: 'http://127.0.0.1:1' }), {
    exitCode: 1,
    message: /^the control plane cannot be used: .+\.$/
  })
  const { url, config } = await stranger(t)
  await t.rejects(verified(url, { ...config, key: undefined }), new UsageError(`verify needs a --key for ${url}.`))
})

t.test('where a server hangs up, the case fails and the run goes on', async t => {
  let count = 0
  const { url, config } = await stranger(t, { manner: async (asked, pass) => (count++ > 0 ? pass(asked) : undefined) })
  const { code, failed, out } = await verified(url, { ...config, only: ['carrier-created', 'trunk-type-default'] })
  t.equal(code, 1)
  t.same([...failed.keys()], ['carrier-created'])
  t.match(failed.get('carrier-created')?.differences, [/saw no answer/])
  t.match(out, '1 held, 1 failed')
})

t.test('each form of report goes to --output, and names case, rule and what was seen', async t => {
  const manner: Manner = async (asked, pass) => {
    const told = await pass(asked)
    return told && isCreated(told) ? { ...told, status: 299 } : told
  }
  const { url, config } = await stranger(t, { manner })
  for (const reporter of ['spec', 'tap', 'junit', 'json', 'html'] as const) {
    const output = join(t.testdir(), `report.${reporter}`)
    const { code, out } = await verified(url, { ...config, only: ['success-status'], reporter, output })
    t.equal(code, 3)
    t.equal(out, '', 'nothing goes to stdout')
    const report = readFileSync(output, 'utf8')
    for (const part of ['success-status', 'R4', 'status 201', '299']) t.match(report, part, `${reporter}: ${part}`)
  }
})

const requestsIn = (asked: Asked[]) => asked.filter(({ method }) => method !== 'DELETE').length
