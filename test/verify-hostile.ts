import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { exchanger } from '../src/verify/exchange.ts'
import type { Manner } from './fixtures/double.ts'
import { isApi, objectIn, withBody } from './fixtures/manners.ts'
import { refusal, stranger, verified } from './fixtures/verify.ts'

/** A server of Node, closed with all its connections when the test ends. */
async function serving(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const get = { method: 'GET', path: '/', headers: {} }
const limits = { finished: 300, unfinished: 300, bytes: 10_000 }

t.test('an API key that a server repeats is in no report', async t => {
  const seen = new Set<string>()
  const url = await serving(t, (request, response) => {
    seen.add(String(request.headers.authorization))
    const [first = '', ...others] = seen
    response.writeHead(401, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ detail: `${[...others, encodeURIComponent(first)]} ${first}` }))
  })
  for (const key of ['tc_live_+/to-be-kept-secret', 'of-another/form-to-be-kept-secret']) {
    seen.clear()
    const config = { key, otherKey: `${key}-2`, noControl: true }
    for (const reporter of ['spec', 'tap', 'junit', 'json', 'html'] as const) {
      const output = join(t.testdir(), `report-${reporter}`)
      const { code } = await verified(url, { ...config, reporter, output })
      t.equal(code, 1)
      const report = readFileSync(output, 'utf8')
      t.match(report, '401')
      t.notMatch(report, /kept-secret/, reporter)
    }
  }
})

t.test('an answer that drips is waited for so long and no longer', { timeout: 15_000 }, async t => {
  const url = await serving(t, async (_, response) => {
    response.writeHead(201)
    while (!response.destroyed) {
      response.write(' ')
      await sleep(20)
    }
  })
  const { exchange, close } = exchanger(url, limits)
  t.match(await exchange(get), { status: undefined, late: true })
  const raw = Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  t.match(await exchange({ ...get, raw }), { status: undefined, late: true })
  close()
})

t.test('an answer without end is read so far and no further', async t => {
  const url = await serving(t, (_, response) => {
    const more = () => {
      while (response.write('x'.repeat(1_000)));
    }
    response.on('drain', more)
    more()
  })
  const { exchange, close } = exchanger(url, { ...limits, finished: 20_000 })
  const { status, text } = await exchange(get)
  t.equal(status, 200)
  t.ok(text.length > limits.bytes && text.length < 1_000_000, String(text.length))
  close()
})

t.test('who stops a run waits for no answer and for no Retry-After', { timeout: 15_000 }, async t => {
  const manners: Manner[] = [
    async () => sleep(30_000, undefined, { ref: false }),
    async () => refusal(429, [['Retry-After', '60']])
  ]
  for (const manner of manners) {
    const { url, config, asked } = await stranger(t, { manner })
    const stop = new AbortController()
    const running = verified(url, { ...config, only: ['B1'] }, stop.signal)
    while (asked.length === 0) await sleep(5)
    stop.abort()
    const { code, out } = await running
    t.equal(code, 1)
    t.equal(asked.length, 1)
    t.match(out, /: the run was stopped$/m)
    t.match(out, /so nothing is proved: exit code 1\.$/m)
  }
})

t.test('what was created before a run was stopped is deleted', async t => {
  const stop = new AbortController()
  const deleted: string[] = []
  const { url, config } = await stranger(t, {
    manner: async (asked, pass) => {
      if (asked.method === 'DELETE') {
        deleted.push(asked.path)
        return refusal(204, [])
      }
      const told = await pass(asked)
      queueMicrotask(() => setTimeout(() => stop.abort(), 20))
      return told
    }
  })
  const { code, out } = await verified(url, { ...config, only: ['B1', 'B2', 'B15'], rate: 20 }, stop.signal)
  t.equal(code, 1)
  t.match(out, /did not run, since the run was stopped: exit code 1\.$/m)
  t.ok(deleted.length > 0)
  t.match(out, ` ${deleted.length} created, nothing is left of it.`)
})

/** Answers carriers with another body, and DELETE as told. */
const creating =
  (change: (id: string) => object, deleted: string[] = []): Manner =>
  async (asked, pass) => {
    if (asked.method === 'DELETE') {
      deleted.push(asked.path)
      return refusal(204, [])
    }
    const told = await pass(asked)
    const body = told && isApi(asked) ? objectIn(told) : undefined
    return told && body?.id ? withBody(told, change(body.id)) : told
  }

t.test('ids are found as numbers and within data; without one a thing was created and stays', async t => {
  let number = 0
  const forms: [(id: string) => object, boolean][] = [
    [() => ({ id: ++number }), true],
    [id => ({ data: { id } }), true],
    [() => ({ name: 'x' }), false],
    [() => ({ id: { is: 'an object' } }), false],
    // These would lead to another path.
    [() => ({ id: '..' }), false],
    [() => ({ id: '' }), false]
  ]
  for (const [change, isDeleted] of forms) {
    const deleted: string[] = []
    const { url, config } = await stranger(t, { manner: creating(change, deleted) })
    const { out } = await verified(url, { ...config, only: ['carrier-created'] })
    t.equal(deleted.length, isDeleted ? 1 : 0)
    t.match(out, isDeleted ? '1 created, nothing is left of it.' : '1 created, 1 could not be deleted and is left.')
  }
})

t.test('an id is a segment of the path that is deleted, whatever it is', async t => {
  const deleted: string[] = []
  const { url, config } = await stranger(t, { manner: creating(() => ({ id: '../a b?c#d\r\n' }), deleted) })
  await verified(url, { ...config, only: ['carrier-created'] })
  t.same(deleted, ['/v1/phone-numbers/carriers/..%2Fa%20b%3Fc%23d%0D%0A'])
})

t.test('a server that is too busy to delete is not asked for each carrier', async t => {
  let deletions = 0
  const { url, config } = await stranger(t, {
    manner: async (asked, pass) => {
      if (asked.method !== 'DELETE') return pass(asked)
      deletions++
      return refusal(429, [['Retry-After', '0']])
    }
  })
  const { out } = await verified(url, { ...config, only: ['B2'] })
  t.equal(deletions, 4, 'once, and three times more')
  t.match(out, /(\d+) created, \1 could not be deleted and are left\./)
})

t.test('the plan counts what a server creates that refuses nothing', async t => {
  const { url, config } = await stranger(t, { manner: creating(id => ({ id })) })
  const { err } = await verified(url, { ...config, only: ['I2'] })
  const [, requests, expected, most] =
    /up to (\d+) requests, and creates up to (\d+) carriers or phone numbers \((\d+) where/.exec(err) ?? []
  t.equal(most, requests)
  t.ok(Number(expected) < Number(most))
  const limited = await verified(url, { ...config, only: ['I2'], maxRequests: 1 })
  t.match(limited.err, /up to 1 request, and creates up to 1 carrier or phone number there/)
})
