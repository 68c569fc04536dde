import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildApp } from '../src/app.ts'
import type { ApiKey } from '../src/index.ts'
import { readKeys } from '../src/key-file.ts'
import { carriersUrl, emulator, hour, plainCarrier } from './fixtures/emulator.ts'

const account_id = '2c5ea4c0-4067-4fe9-8bad-9b1deb4d3b7d'
const scopes: ApiKey['scopes'] = ['phone_numbers:write']

t.test('R1: any well-formed tc_live_ key is an account of its own, the same after a restart', async t => {
  const [one, two] = [await emulator(t), await emulator(t)]
  const accountOf = async (world: typeof one, token: string) =>
    (await world.create(plainCarrier, { token })).json().account_id

  t.equal(await accountOf(one, 'tc_live_a'), await accountOf(two, 'tc_live_a'))
  t.not(await accountOf(one, 'tc_live_a'), await accountOf(one, 'tc_live_b'))
  t.match(await accountOf(one, 'tc_live_a'), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/, 'a UUID of version 4')
})

t.test('R1: no key, a malformed one and an unknown prefix answer 401 with a challenge', async t => {
  const { send } = await emulator(t)
  const request = { method: 'POST' as const, url: carriersUrl, payload: plainCarrier }
  const headers = [
    '',
    'Bearer',
    'Bearer ',
    'tc_live_x',
    'Basic dGNfbGl2ZV94',
    'Bearer tc_live_',
    'Bearer tc_test_x',
    'Bearer TC_LIVE_x',
    'Bearer tc_live_a b',
    'Bearer tc_live_ä',
    `Bearer tc_live_${'x'.repeat(300)}`
  ]
  for (const authorization of headers) {
    const answer = await send(request, { headers: { authorization } })
    t.match(answer, { statusCode: 401, headers: { 'content-type': 'application/problem+json' } }, authorization)
    t.match(answer.headers['www-authenticate'], /^Bearer realm="TopCalls"/)
    t.match(answer.json(), { type: 'https://api.topcalls.ai/errors/unauthorized', status: 401 })
  }
  for (const authorization of ['bearer tc_live_x', 'BEARER   tc_live_x', 'Bearer tc_live_a.b~c+d/e-f_g==']) {
    t.match(await send(request, { headers: { authorization } }), { statusCode: 201 }, authorization)
  }
})

t.test('RFC 6750: only a request that brings a key is told an error code', async t => {
  const { app, create } = await emulator(t)
  const without = await app.inject({ method: 'POST', url: carriersUrl, payload: plainCarrier })
  t.equal(without.headers['www-authenticate'], 'Bearer realm="TopCalls"')
  const basic = await create(plainCarrier, { headers: { authorization: 'Basic dGNfbGl2ZV94' } })
  t.equal(basic.headers['www-authenticate'], 'Bearer realm="TopCalls"')
  t.match((await create(plainCarrier, { token: 'nonsense' })).headers['www-authenticate'], /error="invalid_token"/)
})

t.test('with a list only its keys are accepted, unless they are revoked or have expired', async t => {
  const { create, clock } = await emulator(t, {
    keys: [
      { key: 'tc_live_good', account_id, scopes },
      { key: 'tc_live_revoked', account_id, scopes, revoked: true },
      { key: 'tc_live_short', account_id, scopes, expires_at: '2030-01-01T01:00:00Z' }
    ]
  })
  const status = async (token: string) => (await create(plainCarrier, { token })).statusCode

  t.equal(await status('tc_live_good'), 201)
  t.equal((await create(plainCarrier, { token: 'tc_live_good' })).json().account_id, account_id)
  t.equal(await status('tc_live_unlisted'), 401)
  t.equal(await status('tc_live_revoked'), 401)
  t.equal(await status('tc_live_short'), 201)
  clock.advance(hour)
  t.equal(await status('tc_live_short'), 401)
})

t.test('a list that is given to the library is checked like a file', async t => {
  const bad = [{ key: 'tc_live_x', account_id, scopes, expires_at: 'yesterday' }]
  await t.rejects(buildApp({ keys: bad }), { message: /key 0: expires_at/ })
})

t.test('R2: the operation needs phone_numbers:write', async t => {
  const { create } = await emulator(t, {
    keys: [{ key: 'tc_live_reader', account_id, scopes: ['phone_numbers:read'] }]
  })
  const answer = await create(plainCarrier, { token: 'tc_live_reader', key: 'bad key' })
  t.match(answer, { statusCode: 403, headers: { 'content-type': 'application/problem+json' } })
  t.match(answer.headers['www-authenticate'], /error="insufficient_scope", scope="phone_numbers:write"/)
  t.match(answer.json(), { type: 'https://api.topcalls.ai/errors/forbidden', detail: /phone_numbers:write/ })
})

t.test('keys are neither echoed nor stored', async t => {
  const database = join(t.testdir(), 'fake.db')
  const { create, app } = await emulator(t, { database })
  const token = 'tc_live_do/not-tell'
  for (const answer of [
    await create(plainCarrier, { token, key: 'stored-key' }),
    await create({}, { token }),
    await create(plainCarrier, { token: `${token} x` }),
    await app.inject(`/v1/${token}?key=${token}`),
    await app.inject(`/v1/${token.replaceAll('_', '%5F')}`),
    await app.inject({ method: 'GET', url: `/%zz${token}` })
  ]) {
    t.notMatch(answer.body, 'not-tell')
    t.notMatch(JSON.stringify(answer.headers), 'not-tell')
  }
  for (const file of [database, `${database}-wal`]) t.notOk(readFileSync(file).includes('not-tell'))
})

t.test('a key file is a list, and a mistake in it is named without repeating a key', t => {
  const file = join(t.testdir(), 'keys.json')
  const read = (content: unknown) => {
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    return readKeys(file)
  }
  const entry = { key: 'tc_live_secret', account_id, scopes }

  t.same(read([entry, { ...entry, key: 'tc_live_2', revoked: true, expires_at: '2030-01-01T00:00:00Z' }]).length, 2)
  t.throws(() => read('{'), /not valid JSON/)
  t.throws(() => read({ keys: [] }), /the keys must be a list/)
  t.throws(() => read([{ ...entry, account_id: 'x' }]), /key 0: account_id is not acceptable \(UUID/)
  t.throws(() => read([{ ...entry, scope: [] }]), /key 0: scope is not a member/)
  t.throws(() => read([{ ...entry, expires_at: 'tomorrow' }]), /key 0: expires_at/)
  t.throws(() => read([{ ...entry, expires_at: '2016-12-31T23:59:60Z' }]), /key 0: expires_at/)
  t.throws(() => read([{ ...entry, scopes: ['phone_number:write'] }]), /key 0: scopes/)
  t.throws(() => read([{ key: 'tc_live_x' }]), /key 0: needs key, account_id and scopes/)
  t.throws(() => read([entry, entry]), /key 1 is in the list twice/)
  t.throws(() => readKeys(join(t.testdir(), 'none.json')), /cannot be used: ENOENT/)
  try {
    read([{ ...entry, key: 'secret-with-a-typo' }])
  } catch (error) {
    t.match(String(error), /key 0: key is not acceptable/)
    t.notMatch(String(error), 'secret-with')
  }
  t.end()
})
