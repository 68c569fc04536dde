import t from 'tap'
import { testBench } from './fixtures/bench.ts'
import { hour } from './fixtures/emulator.ts'

const account_id = '2c5ea4c0-4067-4fe9-8bad-9b1deb4d3b7d'

t.test('a key is minted for an account, with scopes and an expiry, and revoked, without a restart', async t => {
  const { control, create, apiKey } = await testBench(t)
  const mine = control.forAccount(apiKey)
  const minted = await mine.keys.mint()
  t.match(minted, { key: /^tc_live_[\w-]{20,}$/, revoked: false, scopes: ['calls:read'] })
  const carrier = (await (await create({ token: minted.key })).json()) as object
  t.match(carrier, { account_id: minted.account_id })
  t.match(await (await create()).json(), { account_id: minted.account_id }, 'the account that was named')

  const reader = await mine.keys.mint({ scopes: ['phone_numbers:read'] })
  t.match(await create({ token: reader.key }), { status: 403 })

  const short = await mine.keys.mint({ ttl: '1h' })
  t.match(await create({ token: short.key }), { status: 201 })
  await mine.clock.advance(hour)
  t.match(await create({ token: short.key }), { status: 401 })

  await mine.keys.revoke(minted.id)
  const revoked = await create({ token: minted.key })
  t.match(revoked, { status: 401 })
  t.match(await mine.requests.get(String(revoked.headers.get('x-request-id'))), {
    account_id: minted.account_id,
    outcome: 'refused',
    rules: ['R1']
  })
  t.match(await mine.keys.list(), [{ revoked: false }, { id: minted.id, revoked: true }, { id: reader.id }, {}])
  t.notMatch(JSON.stringify(await control.keys.list()), /tc_live_/)
  await t.rejects(mine.keys.revoke('none'), { status: 404, message: /No listed key/ })
})

t.test('by default a key that is not listed still counts, one that is revoked does not', async t => {
  const { control, create, tenant } = await testBench(t)
  const { token } = tenant('tc_live_well-known')
  const before = (await (await create({ token })).json()) as { account_id: string }
  const { id } = await control.keys.mint({ key: token, revoked: true })
  t.match(await create({ token }), { status: 401 })
  t.match(await create({ token: 'tc_live_other' }), { status: 201 })
  t.match(await control.keys.mint({ key: token }), { id, account_id: before.account_id }, 'the same one, listed anew')
  t.match(await create({ token }), { status: 201 })
})

t.test('with auth list only listed keys count, from the start or from the control plane', async t => {
  const { control, create } = await testBench(t, { auth: 'list' })
  t.match(await create(), { status: 201 }, 'the key of the server itself')
  t.match(await create({ token: 'tc_live_new' }), { status: 401 })
  await control.keys.mint({ key: 'tc_live_new' })
  t.match(await create({ token: 'tc_live_new' }), { status: 201 })
  await t.rejects(control.forAccount('tc_live_unknown').clock.get(), {
    status: 400,
    message: /id of an account or one of its keys/
  })
})

t.test('a list of keys excludes others unless auth says any', async t => {
  const keys = [{ key: 'tc_live_listed', account_id, scopes: [] }]
  const strict = await testBench(t, { keys })
  t.match(await strict.create({ token: 'tc_live_else' }), { status: 401 })
  const open = await testBench(t, { keys, auth: 'any' })
  t.match(await open.create({ token: 'tc_live_else' }), { status: 201 })
  t.match(await open.create({ token: 'tc_live_listed' }), { status: 403 }, 'a listed one as it is listed')
  t.match(await open.control.info(), { auth: 'any', counts: { keys: 2 } })
})

t.test('a reset brings back the keys of the start and takes minted ones away', async t => {
  const { control, create } = await testBench(t, { auth: 'list' })
  const minted = await control.keys.mint()
  await control.keys.revoke()
  t.match(await create(), { status: 401 })
  await control.reset('keys')
  t.match(await create(), { status: 201 })
  t.match(await create({ token: minted.key }), { status: 401 })
})

t.test('what cannot be minted is told', async t => {
  const { app } = await testBench(t)
  const cases: [object, string][] = [
    [{ key: 'secret' }, 'key'],
    [{ scopes: ['all'] }, 'scopes.0'],
    [{ expires_at: 'tomorrow' }, 'expires_at'],
    [{ ttl: 'long' }, 'ttl'],
    [{ ttl: '1h', expires_at: '2030-01-01T00:00:00Z' }, 'ttl'],
    [{ account: '' }, 'account']
  ]
  for (const [payload, path] of cases) {
    const answer = await app.inject({ method: 'POST', url: '/_topcalls/v1/keys', payload })
    t.match(answer, { statusCode: 400 }, JSON.stringify(payload))
    t.match(answer.json().errors, [{ path }])
    t.notMatch(answer.body, 'secret')
  }
})
