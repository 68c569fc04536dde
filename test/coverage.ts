import t from 'tap'
import type { Coverage } from '../src/schemas/coverage.ts'
import { comesWith, reasons } from '../src/topcalls/coverage.reasons.ts'
import { situations } from '../src/topcalls/coverage.situations.ts'
import { type Rule, type RuleId, rules } from '../src/topcalls/rules.ts'
import { testBench } from './fixtures/bench.ts'
import { covered, seenIn } from './fixtures/coverage.ts'
import { gateway, plainCarrier } from './fixtures/emulator.ts'

const key = 'coverage-key'

t.test('each rule has situations, or a reason why it has none', t => {
  for (const [rule, { unseen }] of Object.entries<Rule>(rules)) {
    const own = situations.filter(one => one.rule === rule)
    t.ok(own.length > 0 || unseen || comesWith[rule as RuleId] || reasons[rule as RuleId], rule)
  }
  const ids = new Set(situations.map(({ id }) => id))
  t.equal(ids.size, situations.length)
  for (const id of Object.values(comesWith)) t.ok(ids.has(id), id)
  t.end()
})

t.test('before the first request everything is missing, and is told in words', async t => {
  const { control } = await testBench(t)
  const { percent, seen, demanded, missing } = await control.coverage()
  t.same([percent, seen], [0, 0])
  t.equal(missing.length, demanded)
  const sentences = missing.map(({ text }) => text).join('\n')
  t.match(sentences, /^nobody sent trunk_type: reg$/m)
  t.match(sentences, /^no test retried after a lost answer/m)
})

t.test('an accepted body shows what was sent, and not what was filled in', async t => {
  const { create, fresh } = await covered(t)
  const credentials = { username: 'user', password: 'secret' }
  const plain = ['created', 'inbound-address', 'port-absent']

  await create()
  t.same(await fresh(), [...plain, 'trunk-absent'].sort())
  await create({ body: { ...plainCarrier, trunk_type: 'static_ip', registration: credentials, inbound_auth: null } })
  t.same(await fresh(), [...plain, 'null', 'trunk-static-ip', 'unused-credentials'].sort())
  await create({ body: { ...plainCarrier, trunk_type: 'reg', registration: credentials } })
  t.same(await fresh(), [...plain, 'trunk-reg'].sort())
  await create({ body: { ...plainCarrier, trunk_type: 'auth', inbound_auth: credentials } })
  t.same(await fresh(), [...plain, 'trunk-auth'].sort())
  await create({ body: gateway({ ipv4: 'sip.example.com', inbound: false, port: 5061 }) })
  t.same(await fresh(), ['created', 'host-name', 'one-way', 'port', 'trunk-absent'])
})

t.test('a refused body shows the rules that it broke, and none that it kept', async t => {
  const { create, fresh } = await covered(t)
  const broken: [object | string, string[]][] = [
    [{ ...plainCarrier, carrier_name: '' }, ['name-refused']],
    [{ ...plainCarrier, trunk_type: 'ip' }, ['trunk-refused']],
    [{ carrier_name: 'x' }, ['gateway-refused']],
    [gateway({ ipv4: 'sip.example.com' }), ['inbound-host-name']],
    [{ ...plainCarrier, trunk_type: 'reg' }, ['registration-missing']],
    [{ ...plainCarrier, trunk_type: 'auth' }, ['inbound-auth-missing']],
    [gateway({ ipv4: 'a b', inbound: false }), ['address-refused']],
    [gateway({ ipv4: '203.0.113.10', port: 0, outbound: 'no' }), ['flag-refused', 'port-refused']],
    [{ ...plainCarrier, trunk_type: 'reg', registration: {} }, ['registration-refused']],
    [{ ...plainCarrier, trunk_type: 'auth', inbound_auth: {} }, ['inbound-auth-refused']],
    ['{', ['not-json']],
    ['{"__proto__":1}', ['hostile-json']],
    ['x'.repeat(70_000), ['too-large']]
  ]
  for (const [body, ids] of broken) {
    await create({ body })
    t.same(await fresh(), ids, JSON.stringify(body).slice(0, 80))
  }
})

t.test('refusals of the caller, the path and the headers are counted', async t => {
  const { create, fresh, url, control, apiKey } = await covered(t)
  await create({ token: 'nonsense' })
  t.same(await fresh(), ['key-refused'])
  const reading = await control.keys.mint({ scopes: ['phone_numbers:read'] })
  await create({ token: reading.key })
  t.same(await fresh(), ['scope-missing'])
  await create({ key: 'short' })
  t.same(await fresh(), ['idempotency-key-refused'])
  await create({ headers: { 'content-encoding': 'gzip' } })
  t.same(await fresh(), ['compressed'])
  await fetch(`${url}/v1/nowhere`, { headers: { authorization: `Bearer ${apiKey}` } })
  t.same(await fresh(), ['nowhere'])
})

t.test('rules that come with a situation are counted with it, as fulfilled, and nobody asks for them', async t => {
  const { control, create } = await testBench(t)
  await create()
  await create({ body: {} })
  const refused = (await create({ token: 'nonsense' })).headers.get('x-request-id')
  await create({ key: 'short' })
  const { rules } = await control.coverage()
  const countOf = (id: string) =>
    Object.fromEntries(
      (rules.find(({ rule }) => rule === id)?.situations ?? []).map(({ kind, id, demanded, count }) => [
        `${kind} ${id}${demanded ? ' demanded' : ''}`,
        count
      ])
    )
  t.same(countOf('R1'), { 'violated key-refused demanded': 1, 'fulfilled created': 1 })
  t.same(countOf('B1'), { 'violated name-refused demanded': 1, 'fulfilled created': 1 })
  t.same(countOf('A1'), { 'fulfilled created': 1 })
  t.same(countOf('E1'), { 'fulfilled body-refused': 1 })
  t.same(countOf('E2'), { 'fulfilled body-refused': 1 })
  t.same(countOf('E5'), { 'fulfilled key-refused': 1 })
  t.same(rules.find(({ rule }) => rule === 'E5')?.situations[0]?.first, [refused])
})

t.test('accounts are counted apart, and together without a name', async t => {
  const { control, create, tenant, apiKey } = await testBench(t)
  const other = tenant('tc_live_other')
  const ids = []
  for (let count = 0; count < 4; count++) ids.push((await create()).headers.get('x-request-id'))
  const theirs = (await other.create({ body: {} })).headers.get('x-request-id')

  const mine = await control.forAccount(apiKey).coverage()
  const made = mine.rules.find(({ rule }) => rule === 'R4')?.situations[0]
  t.match(made, { count: 4, first: ids.slice(0, 3) })
  t.same(seenIn(await other.control.coverage()), { 'name-refused': 1, 'gateway-refused': 1 })
  const all = await control.coverage()
  t.match(seenIn(all), { created: 4, 'name-refused': 1 })
  t.same(all.rules.find(({ rule }) => rule === 'B1')?.situations[0]?.first, [theirs])
  t.same(seenIn(await control.forAccount('tc_live_unheard').coverage()), {})
})

t.test('it outlives the journal and a reset between tests, and goes where it is named', async t => {
  const { control, create, tenant, apiKey } = await testBench(t, { journal: { entries: 1 } })
  const own = control.forAccount(apiKey)
  const other = tenant('tc_live_other')
  await create({ key })
  await create()
  await other.create()
  await own.requests.clear()
  await own.reset()
  t.match(seenIn(await own.coverage()), { created: 2 })
  await create({ key })
  t.notOk('expired' in seenIn(await own.coverage()), 'the key is a new one after a reset')

  await own.reset('coverage')
  t.same(seenIn(await own.coverage()), {})
  t.match(seenIn(await other.control.coverage()), { created: 1 })
})

t.test('only what can be met under the strictness of the server is demanded', async t => {
  const of = async (strictness: 'documented' | 'inferred' | 'strict') => {
    const { control } = await testBench(t, { strictness })
    return control.coverage()
  }
  const ids = ({ missing }: Coverage) => missing.map(({ situation }) => situation)
  const documented = await of('documented')
  t.notOk(ids(documented).includes('port-refused'))
  t.match(
    documented.rules.find(({ rule }) => rule === 'B8'),
    { situations: [], note: 'does not hold for this server (strictness documented)' }
  )
  const inferred = ids(await of('inferred'))
  t.ok(inferred.includes('port-refused') && inferred.includes('mismatch'))
  t.notOk(inferred.includes('unknown-member') || inferred.includes('key-of-another-body'))
  const strict = ids(await of('strict'))
  t.ok(strict.includes('unknown-member') && strict.includes('key-of-another-body'))
  t.notOk(strict.includes('mismatch'))
})

t.test('what was observed elsewhere decides what can be met, and is seen as well', async t => {
  const behaviour = {
    refusals_kept: true,
    replay_header: null,
    mismatch_answer: 422,
    unknown_members: 'refused'
  } as const
  const { create, fresh, own } = await covered(t, { observed: { behaviour } })
  const { missing, rules } = await own.coverage()
  t.notOk(missing.some(({ rule }) => rule === 'I9'))
  t.match(rules.find(({ rule }) => rule === 'I9')?.note, /does not hold for this server/)

  await create({ key })
  await fresh()
  await create({ key })
  t.same(await fresh(), ['replay'])
  await create({ key, body: { ...plainCarrier, carrier_name: 'Another' } })
  t.same(await fresh(), ['mismatch'])
  await create({ body: { ...plainCarrier, unknown: 1 } })
  t.same(await fresh(), ['unknown-member-refused'])
})

t.test('control calls show nothing', async t => {
  const { control, url } = await testBench(t)
  await control.info()
  await fetch(`${url}/_topcalls/v1/nowhere`)
  t.same(seenIn(await control.coverage()), {})
})
