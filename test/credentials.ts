import t from 'tap'
import { emulator, faultsOf, plainCarrier } from './fixtures/emulator.ts'

const reg = (registration: unknown) => ({ ...plainCarrier, trunk_type: 'reg', registration })
const auth = (inbound_auth: unknown) => ({ ...plainCarrier, trunk_type: 'auth', inbound_auth })

t.test('B5: registration is a required object with trunk_type reg', async t => {
  const { create } = await emulator(t)
  const { registration: _, ...without } = reg(undefined)
  const answer = await create(without)
  t.same(faultsOf(answer), { registration: 'required' })
  t.match(answer.json().errors[0].message, /"trunk_type" is "reg"/)
  for (const wrong of ['x', [], 1]) t.match(faultsOf(await create(reg(wrong))), { registration: 'invalid_type' })
})

t.test('B6: inbound_auth is a required object with trunk_type auth', async t => {
  const { create } = await emulator(t)
  const { inbound_auth: _, ...without } = auth(undefined)
  t.same(faultsOf(await create(without)), { inbound_auth: 'required' })
  for (const wrong of ['x', [], 1]) t.match(faultsOf(await create(auth(wrong))), { inbound_auth: 'invalid_type' })
})

t.test('B10: registration needs username and password, in any of the likely spellings', async t => {
  const { create } = await emulator(t)
  for (const username of ['username', 'register_username']) {
    for (const password of ['password', 'register_password']) {
      for (const realm of ['realm', 'sip_realm', 'register_sip_realm', 'domain']) {
        const answer = await create(reg({ [username]: 'u', [password]: 'p', [realm]: 'sip.example.com' }))
        t.match(answer, { statusCode: 201 }, `${username} ${password} ${realm}`)
      }
    }
  }
  t.match(await create(reg({ username: 'u', password: 'p' })), { statusCode: 201 }, 'the realm is optional')
  t.same(faultsOf(await create(reg({}))), { 'registration.username': 'required', 'registration.password': 'required' })
})

t.test('B10: bounds and form of the members of registration', async t => {
  const { create } = await emulator(t)
  const faults = async (members: object) => faultsOf(await create(reg({ username: 'u', password: 'p', ...members })))

  t.same(await faults({ username: 'u'.repeat(64), password: 'p'.repeat(64), realm: `${'r'.repeat(61)}.de` }), {})
  t.same(await faults({ password: ' a secret ' }), {})
  t.same(await faults({ username: '' }), { 'registration.username': 'too_small' })
  t.same(await faults({ username: 'u'.repeat(65) }), { 'registration.username': 'too_big' })
  t.same(await faults({ username: 'a b' }), { 'registration.username': 'invalid_value' })
  t.same(await faults({ register_username: 'a\tb' }), { 'registration.register_username': 'invalid_value' })
  t.same(await faults({ password: '   ' }), { 'registration.password': 'invalid_value' })
  t.same(await faults({ password: 'p'.repeat(65) }), { 'registration.password': 'too_big' })
  t.match(await faults({ password: '' }), { 'registration.password': String })
  const codes = async (members: object) =>
    (await create(reg({ username: 'u', password: 'p', ...members })))
      .json()
      .errors.map(({ code }: { code: string }) => code)
  t.same(
    (await codes({ username: `a b${'c'.repeat(64)}` })).sort(),
    ['invalid_value', 'too_big'],
    'every fault is told'
  )
  t.same(await codes({ password: '' }), ['too_small'], 'and none twice')
  for (const realm of ['sip:example.com', 'SIP:example.com', 'no-dot', 'a b.de', 'a.b c', ' a.de']) {
    t.same(await faults({ realm }), { 'registration.realm': 'invalid_value' }, realm)
    t.same(await faults({ domain: realm }), { 'registration.domain': 'invalid_value' }, realm)
  }
  t.same(await faults({ realm: `${'r'.repeat(62)}.de` }), { 'registration.realm': 'too_big' })
  t.same(await faults({ username: 5, password: null }), {
    'registration.username': 'invalid_type',
    'registration.password': 'invalid_type'
  })
})

t.test('B11: inbound_auth needs username and password, in either spelling', async t => {
  const { create } = await emulator(t)
  for (const username of ['username', 'inbound_auth_username']) {
    for (const password of ['password', 'inbound_auth_password']) {
      t.match(await create(auth({ [username]: 'a user', [password]: 'p' })), { statusCode: 201 })
    }
  }
  const faults = async (members: object) => faultsOf(await create(auth(members)))
  t.same(await faults({}), { 'inbound_auth.username': 'required', 'inbound_auth.password': 'required' })
  t.same(await faults({ username: ' ', password: '\t' }), {
    'inbound_auth.username': 'invalid_value',
    'inbound_auth.password': 'invalid_value'
  })
  t.same(await faults({ username: 'u'.repeat(65), password: 'p'.repeat(65) }), {
    'inbound_auth.username': 'too_big',
    'inbound_auth.password': 'too_big'
  })
})

t.test('B12: credentials with another trunk_type are only checked for their types', async t => {
  const { create } = await emulator(t)
  const loose = { registration: { username: '', realm: 'sip:x y' }, inbound_auth: { password: 'p'.repeat(500) } }
  t.match(await create({ ...plainCarrier, ...loose }), { statusCode: 201 })
  t.match(await create({ ...auth({ username: 'u', password: 'p' }), registration: loose.registration }), {
    statusCode: 201
  })
  t.same(faultsOf(await create({ ...plainCarrier, registration: { sip_realm: 1 }, inbound_auth: { password: {} } })), {
    'registration.sip_realm': 'invalid_type',
    'inbound_auth.password': 'invalid_type'
  })
  t.same(faultsOf(await create({ ...plainCarrier, registration: 'x' })), { registration: 'invalid_type' })
})

t.test('B13: null for registration or inbound_auth counts as absent', async t => {
  const { create } = await emulator(t)
  t.match(await create({ ...plainCarrier, registration: null, inbound_auth: null }), { statusCode: 201 })
  t.same(faultsOf(await create(reg(null))), { registration: 'required' })
  t.same(faultsOf(await create(auth(null))), { inbound_auth: 'required' })
})
