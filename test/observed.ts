import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Behaviour, checkedObserved, readObserved, switches } from '../src/observed.ts'
import { carriersUrl, emulator, faultsOf, hour, plainCarrier } from './fixtures/emulator.ts'

const observing = (t: Test, behaviour: Partial<Behaviour>, options = {}) =>
  emulator(t, { ...options, observed: { behaviour } })

const key = 'observed-key-1'
const hostName = { carrier_name: 'Host name', sip_gateway: { ipv4: 'sip.example.com' } }
const registered = (registration: unknown) => ({ ...plainCarrier, trunk_type: 'reg', registration })

t.test('success_status: success answers the status that was observed, replays included', async t => {
  for (const success_status of switches.success_status.values) {
    const { create } = await observing(t, { success_status })
    const first = await create(plainCarrier, { key })
    t.equal(first.statusCode, success_status)
    t.match(await create(plainCarrier, { key }), { statusCode: success_status, body: first.body })
  }
})

t.test('unknown_members: they are refused at every level, and the refusal names B14', async t => {
  const { create } = await observing(t, { unknown_members: 'refused' })
  const answer = await create({ ...plainCarrier, colour: 1, sip_gateway: { ipv4: '203.0.113.10', colour: 1 } })
  t.equal(answer.statusCode, 400)
  t.match(faultsOf(answer), { colour: 'custom', 'sip_gateway.colour': 'custom' })
  t.match(answer.json().detail, /rule B14/)
  t.equal((await create()).statusCode, 201)
})

t.test('credential_names: only the spellings that were observed count', async t => {
  const short = registered({ username: 'u', password: 'p', realm: 'sip.example.com' })
  const prefixed = registered({ register_username: 'u', register_password: 'p', register_sip_realm: 'sip.example.com' })
  const inbound = (names: string) => ({
    ...plainCarrier,
    trunk_type: 'auth',
    inbound_auth: { [`${names}username`]: 'u', [`${names}password`]: 'p' }
  })
  const statuses = async (credential_names: Behaviour['credential_names']) => {
    const { create } = await observing(t, { credential_names })
    const bodies = [short, inbound(''), prefixed, inbound('inbound_auth_')]
    return Promise.all(bodies.map(async body => (await create(body)).statusCode))
  }
  t.same(await statuses('all'), [201, 201, 201, 201])
  t.same(await statuses('short'), [201, 201, 400, 400])
  t.same(await statuses('prefixed'), [400, 400, 201, 201])
  const { create } = await observing(t, { credential_names: 'prefixed' })
  t.match(faultsOf(await create(short)), { 'registration.register_username': 'required' })
})

t.test('credential_names: a spelling that does not count is an unknown member, and the journal finds it', async t => {
  const { create, send } = await observing(t, { credential_names: 'short' })
  await create(registered({ username: 'u', password: 'p', domain: 'sip.example.com' }))
  const journal = (await send({ method: 'GET', url: '/_topcalls/v1/requests' })).json()
  t.hasStrict(journal.data[0].findings, [{}, { code: 'unknown_member', path: 'registration.domain' }])
  const closed = await observing(t, { credential_names: 'short', unknown_members: 'refused' })
  t.match(faultsOf(await closed.create({ ...plainCarrier, registration: { domain: 'sip.example.com' } })), {
    'registration.domain': 'custom'
  })
})

t.test('inbound_default: a gateway that does not say is not inbound, so a host name is accepted', async t => {
  const { create } = await observing(t, { inbound_default: false })
  t.equal((await create(hostName)).statusCode, 201)
  const inbound = { ...hostName, sip_gateway: { ...hostName.sip_gateway, inbound: true } }
  const refused = await create(inbound)
  t.match(faultsOf(refused), { 'sip_gateway.ipv4': 'invalid_value' })
  t.notMatch(refused.json().detail, /by default/)
  const noName = { ...hostName, sip_gateway: { ipv4: 'not a name' } }
  t.match(faultsOf(await create(noName)), { 'sip_gateway.ipv4': 'invalid_value' })
})

t.test('null_credentials: null is refused', async t => {
  const { create, send } = await observing(t, { null_credentials: 'refused' })
  t.match(faultsOf(await create({ ...plainCarrier, registration: null })), { registration: 'invalid_type' })
  t.match(faultsOf(await create({ ...plainCarrier, inbound_auth: null })), { inbound_auth: 'invalid_type' })
  t.same((await send({ method: 'GET', url: '/_topcalls/v1/requests' })).json().data[0].rules, ['B13'])
})

t.test('mismatch_answer: a key with another body is refused, and the record stays', async t => {
  for (const mismatch_answer of [409, 422] as const) {
    const { create } = await observing(t, { mismatch_answer })
    const first = await create(plainCarrier, { key })
    const answer = await create({ ...plainCarrier, carrier_name: 'Another' }, { key })
    t.match(answer, { statusCode: mismatch_answer })
    t.match(answer.json(), { type: /idempotency_key_reused$/, status: mismatch_answer })
    t.match(await create(plainCarrier, { key }), { statusCode: 201, body: first.body })
  }
})

t.test('replay_header: a replay tells itself as observed, and the journal knows it in any case', async t => {
  for (const replay_header of switches.replay_header.values) {
    const { create, send } = await observing(t, { replay_header })
    await create(plainCarrier, { key })
    const { headers } = await create(plainCarrier, { key })
    const telling = Object.keys(headers).filter(name => /replay/.test(name))
    t.same(telling, replay_header === null ? [] : [replay_header.toLowerCase()])
    const journal = (await send({ method: 'GET', url: '/_topcalls/v1/requests' })).json()
    t.match(journal.data[0], { outcome: 'replayed', committed: false })
  }
})

t.test('refusals_kept: a refused body is kept for its key, and nothing else is', async t => {
  const { create, createRaw, clock } = await observing(t, { refusals_kept: true })
  const refused = await create({}, { key })
  t.equal(refused.statusCode, 400)
  const again = await create({}, { key })
  t.match(again, { statusCode: 400, body: refused.body, headers: { 'idempotent-replayed': 'true' } })
  t.match(again.headers['content-type'], /^application\/problem\+json/)
  t.match(await create(plainCarrier, { key }), {
    statusCode: 400,
    body: refused.body,
    headers: { 'idempotency-payload-mismatch': 'true' }
  })
  clock.advance(24 * hour)
  t.equal((await create(plainCarrier, { key })).statusCode, 201, 'for 24 hours')
  t.equal((await create({}, { key })).statusCode, 201, 'a success stays')

  t.equal((await createRaw('{', { key: 'broken-json-1' })).statusCode, 400)
  t.equal((await create(plainCarrier, { key: 'broken-json-1' })).statusCode, 201, 'what is no JSON is not kept')
  t.equal((await create({}, { key: 'bad-token-1', token: 'wrong' })).statusCode, 401)
  t.equal((await create(plainCarrier, { key: 'bad-token-1' })).statusCode, 201)
  t.equal((await create({})).statusCode, 400, 'without a key nothing changes')
})

t.test('refusals_kept: simultaneous refusals get one answer, also after a restart', async t => {
  const database = join(t.testdir(), 'kept.db')
  const { create, app } = await observing(t, { refusals_kept: true }, { database })
  const answers = await Promise.all(Array.from({ length: 5 }, () => create({}, { key })))
  const bodies = new Set(answers.map(({ body }) => body))
  t.equal(bodies.size, 1)
  await app.close()
  const restarted = await observing(t, { refusals_kept: true }, { database })
  t.ok(bodies.has((await restarted.create({}, { key })).body))
})

t.test('refusals_kept: of a refusal and a success at the same time one is kept, and both get it', async t => {
  const { create } = await observing(t, { refusals_kept: true })
  for (const bodies of [
    [plainCarrier, {}],
    [{}, plainCarrier]
  ]) {
    const named = { key: `${key}-${Object.keys(bodies[0] ?? {}).length}` }
    const [one, other] = await Promise.all(bodies.map(body => create(body, named)))
    t.equal(one?.body, other?.body)
    t.equal((await create(plainCarrier, named)).body, one?.body)
  }
})

t.test('bad_key_status: 403 with the same challenge', async t => {
  const { create } = await observing(t, { bad_key_status: 403 })
  for (const token of ['wrong', 'tc_live_']) {
    t.match(await create(plainCarrier, { token }), { statusCode: 403, headers: { 'www-authenticate': /^Bearer/ } })
  }
})

t.test('error_media_type: refusals of TopCalls have it, those of the control plane keep theirs', async t => {
  const { create, send } = await observing(t, { error_media_type: 'application/json' })
  t.match(await create({}), { statusCode: 400, headers: { 'content-type': 'application/json' } })
  t.match(await send({ method: 'GET', url: '/v1/nowhere' }), { headers: { 'content-type': 'application/json' } })
  const control = await send({ method: 'GET', url: '/_topcalls/v1/nowhere' })
  t.match(control, { statusCode: 404, headers: { 'content-type': 'application/problem+json' } })
})

t.test('strict wins: it refuses whatever was observed to be accepted', async t => {
  const { create } = await observing(
    t,
    { unknown_members: 'ignored', mismatch_answer: 'replay' },
    { strictness: 'strict' }
  )
  t.match((await create({ ...plainCarrier, colour: 1 })).json().detail, /rule S1/)
  await create(plainCarrier, { key })
  t.equal((await create({ ...plainCarrier, carrier_name: 'Another' }, { key })).statusCode, 422)
})

t.test('documented enforces what was observed, but for how rules are to be read that it leaves out', async t => {
  const status = async (behaviour: Partial<Behaviour>, body: object) =>
    (await (await observing(t, behaviour, { strictness: 'documented' })).create(body)).statusCode
  t.equal(await status({ null_credentials: 'refused' }, { ...plainCarrier, registration: null }), 400)
  t.equal(await status({ unknown_members: 'refused' }, { ...plainCarrier, colour: 1 }), 400)
  t.equal(await status({ inbound_default: false }, { ...hostName, sip_gateway: { ipv4: 'not a name' } }), 201)
  t.equal(await status({ credential_names: 'short' }, registered({ register_username: 'u' })), 201)
})

t.test('two servers of one process differ', async t => {
  const one = await observing(t, { success_status: 200, inbound_default: false })
  const other = await emulator(t)
  t.equal((await one.create(hostName)).statusCode, 200)
  t.equal((await other.create(hostName)).statusCode, 400)
  t.equal((await other.create()).statusCode, 201)
})

t.test('info and the OpenAPI document say what was observed, of whom and when', async t => {
  const observed = {
    observed_at: '2026-11-26T00:00:00.000Z',
    url: 'https://staging.example',
    behaviour: {
      success_status: 200,
      unknown_members: 'refused',
      replay_header: 'Idempotency-Replayed',
      error_media_type: 'application/json',
      mismatch_answer: 409,
      bad_key_status: 403,
      null_credentials: 'absent'
    }
  } as const
  const { send } = await emulator(t, { observed })
  t.same((await send({ method: 'GET', url: '/_topcalls/v1/info' })).json().observed, observed)
  const document = (await send({ method: 'GET', url: '/_topcalls/openapi.json' })).json()
  t.match(document.info.description, /Observed of https:\/\/staging\.example at 2026-11-26T00:00:00\.000Z/)
  t.match(document.info.description, /the status of success: `200` \(R4\)/)
  t.notMatch(document.info.description, /null for credentials/, 'a guess that was found to be right is none to tell')
  const { responses } = document.paths[carriersUrl].post
  t.same(Object.keys(responses).slice(0, 2), ['200', '400'])
  t.notOk(responses['401'])
  t.match(responses['200'], { 'x-topcalls-source': 'observed', headers: { 'Idempotency-Replayed': {} } })
  t.same(Object.keys(responses['409'].content), ['application/json'])
  t.equal(document.components.schemas.CarrierCreate.additionalProperties, false)
  const plain = await emulator(t)
  t.equal((await plain.send({ method: 'GET', url: '/_topcalls/v1/info' })).json().observed, null)
})

t.test('a file that is not acceptable is refused with a sentence that names its fault', t => {
  const file = join(t.testdir(), 'observed.json')
  const reading = (content: unknown) => {
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    return () => readObserved(file)
  }
  const wrong: [unknown, RegExp][] = [
    ['{', /observed\.json cannot be used: it is not valid JSON\.$/],
    [[], /it must be an object\.$/],
    [{}, /behaviour must be an object\.$/],
    [{ behaviour: { colour: 1 } }, /behaviour\.colour is not known; there are success_status, /],
    [{ behaviour: { __proto__x: 1 } }, /is not known/],
    [{ behaviour: { success_status: 204 } }, /behaviour\.success_status must be one of 201, 200, 202\.$/],
    [{ behaviour: { refusals_kept: 'true' } }, /must be one of false, true\.$/],
    [{ behaviour: {}, observed_at: 'yesterday' }, /observed_at must be an instant/],
    [{ behaviour: {}, url: 'staging' }, /url must be an http or https URL/],
    [{ behaviour: {}, url: 'javascript:alert(1)' }, /url must be an http or https URL/],
    [{ behaviour: {}, url: 'https://user:hunter2@staging.example' }, /^(?!.*hunter2).*without user and password\.$/],
    [{ behaviour: { '\x1b[31m': 1 } }, /behaviour\.%1B\[31m is not known/],
    [{ behaviour: {}, notes: '' }, /the member "notes"/]
  ]
  for (const [content, message] of wrong) t.throws(reading(content), { exitCode: 2, message })
  t.same(reading({ behaviour: { success_status: 200 } })(), { behaviour: { success_status: 200 } })
  t.throws(() => checkedObserved(JSON.parse('{"behaviour": {"toString": 1}}')), { message: /is not known/ })
  t.end()
})
