import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type { StartOptions } from '../src/index.ts'
import { covered } from './fixtures/coverage.ts'
import { carriersUrl, numbersUrl, plainCarrier } from './fixtures/emulator.ts'

const number = '+12025550123'

/** A server, what its requests have shown, and a client of all operations. */
async function client(t: Test, options: StartOptions = {}) {
  const world = await covered(t, options)
  async function call(method: string, path: string, body?: object, token = world.apiKey) {
    const answer = await fetch(`${world.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) })
    })
    return answer.status === 204 ? {} : ((await answer.json()) as { id: string; voip_carrier_sid: string })
  }
  return {
    ...world,
    call: call as (...args: Parameters<typeof call>) => Promise<{ id: string; voip_carrier_sid: string }>
  }
}

t.test('requests about numbers and deletions show what they did, and nothing of adding carriers', async t => {
  const { call, fresh, own, control } = await client(t)
  const { id, voip_carrier_sid } = await call('POST', carriersUrl, plainCarrier)
  await fresh()

  const added = await call('POST', numbersUrl, { number })
  t.same(await fresh(), ['number-added', 'number-of-topcalls'])
  await own.faults.arm({ kind: 'pending', times: 1 })
  const other = await call('POST', numbersUrl, { number: '+12025550124', voip_carrier_sid, label: 'x' })
  t.same(await fresh(), ['number-added', 'number-of-ones-own', 'number-pending'])
  const shown: [string, string, object | undefined, string[]][] = [
    ['POST', numbersUrl, { number }, ['number-twice']],
    ['POST', numbersUrl, { number: '1' }, ['number-refused']],
    ['POST', numbersUrl, { number: '+999123456' }, ['number-impossible']],
    ['POST', numbersUrl, { number: '+15551234567' }, ['number-invalid']],
    ['POST', numbersUrl, { number, voip_carrier_sid: 'x' }, ['carrier-sid-refused']],
    ['POST', numbersUrl, { number, label: 1 }, ['label-refused']],
    ['POST', numbersUrl, { number, voip_carrier_sid: randomUUID() }, ['carrier-unknown']],
    ['GET', numbersUrl, undefined, ['listed', 'numbers-listed']],
    ['GET', `${numbersUrl}/${added.id}`, undefined, ['number-read']],
    ['GET', `${numbersUrl}/${id}`, undefined, ['unknown-id']],
    ['GET', `${numbersUrl}/x`, undefined, ['id-refused']],
    ['GET', carriersUrl, undefined, ['carriers-listed', 'listed']],
    ['GET', `${carriersUrl}?limit=0`, undefined, ['limit-refused']],
    ['GET', `${carriersUrl}?cursor=0`, undefined, ['cursor-refused']],
    ['GET', `${carriersUrl}?cursor=1_1`, undefined, ['carriers-listed', 'listed', 'next-page']],
    ['DELETE', `${carriersUrl}/${id}`, undefined, ['carrier-in-use']],
    ['DELETE', `${numbersUrl}/${other.id}`, undefined, ['number-deleted']],
    ['DELETE', `${carriersUrl}/${voip_carrier_sid}`, undefined, ['sid-in-place-of-id']],
    ['DELETE', `${carriersUrl}/${id}`, undefined, ['carrier-deleted']],
    ['DELETE', `${carriersUrl}/${id}`, undefined, ['unknown-id']]
  ]
  for (const [method, path, body, situations] of shown) {
    await call(method, path, body)
    t.same(await fresh(), situations, `${method} ${path} ${JSON.stringify(body)}`)
  }
  const writing = await control.keys.mint({ scopes: ['phone_numbers:write'] })
  await call('GET', carriersUrl, undefined, writing.key)
  t.same(await fresh(), ['read-scope-missing'])
})

t.test('a deletion whose answer is lost has deleted', async t => {
  const { call, fresh, own } = await client(t)
  const { id } = await call('POST', carriersUrl, plainCarrier)
  await own.faults.arm({ phase: 'after', kind: 'reset', times: 1 })
  await fresh()
  await t.rejects(call('DELETE', `${carriersUrl}/${id}`))
  t.same(await fresh(), ['carrier-deleted'])
  await own.requests.verify({ match: { method: 'DELETE', outcome: 'faulted', committed: true }, times: 1 })
})

t.test('what a suite does not use it is not asked for', async t => {
  const { call, own } = await client(t)
  const asked = async () => new Set((await own.coverage()).missing.map(({ situation }) => situation))
  const { id } = await call('POST', carriersUrl, plainCarrier)
  const before = await own.coverage()
  t.notOk((await asked()).has('carrier-deleted') || (await asked()).has('number-read'))

  await call('GET', carriersUrl)
  t.ok((await asked()).has('carrier-deleted') && (await asked()).has('next-page'))
  t.notOk((await asked()).has('number-read'))
  await call('DELETE', `${carriersUrl}/${id}`)
  t.notOk((await asked()).has('carrier-deleted'))

  await call('POST', numbersUrl, { number })
  t.ok((await asked()).has('number-read') && (await asked()).has('carrier-in-use'))
  const after = await own.coverage()
  t.ok(after.demanded > before.demanded)
  t.equal(after.demanded, after.seen + after.missing.length)
})

t.test('a refusal that is kept for its key has made nothing', async t => {
  const { create, fresh } = await client(t, { observed: { behaviour: { refusals_kept: true } } })
  await create({ key: 'kept-refusal', body: { ...plainCarrier, carrier_name: '' } })
  t.same(await fresh(), ['name-refused'])
})
