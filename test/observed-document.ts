import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { type Behaviour, guesses, switches } from '../src/observed.ts'
import { carriersUrl, emulator, plainCarrier } from './fixtures/emulator.ts'
import { type Media, openApi } from './fixtures/openapi.ts'
import { run } from './fixtures/program.ts'

const key = 'observed-key-1'
const hostName = { ...plainCarrier, sip_gateway: { ipv4: 'sip.example.com' } }
const registered = (registration: unknown) => ({ ...plainCarrier, trunk_type: 'reg', registration })

/** Bodies of which one or another is refused, as the behaviour is. */
const bodies = [
  plainCarrier,
  {},
  hostName,
  { ...plainCarrier, colour: 1 },
  { ...plainCarrier, registration: null },
  registered({ username: 'u', password: 'p' }),
  registered({ register_username: 'u', register_password: 'p' })
]

/** A server with its document, and what tells whether an answer or a body fits it. */
async function described(t: Test, behaviour: Partial<Behaviour>, options = {}) {
  const world = await emulator(t, { ...options, observed: { behaviour } })
  const document = (await world.send({ method: 'GET', url: '/_topcalls/openapi.json' })).json()
  const { operation: operationOf, named } = openApi(document)
  const operation = operationOf('POST', carriersUrl)
  const shapes = { Carrier: named('Carrier'), Problem: named('Problem'), body: named('CarrierCreate') }

  type Answer = Awaited<ReturnType<typeof world.create>>
  function fits(t: Test, { statusCode, headers, json }: Answer): void {
    const { headers: known = {}, content = {} } = operation.responses[statusCode] ?? {}
    const told = content[String(headers['content-type']).split(';')[0] ?? '']
    if (!told) {
      t.fail(`${statusCode} ${headers['content-type']} is not described`)
      return
    }
    const shape = shapes[(told.schema as { $ref: string }).$ref.split('/').at(-1) as 'Carrier' | 'Problem']
    t.ok(shape(json()), `${statusCode} ${JSON.stringify(shape.errors)}`)
    const names = Object.keys(known).map(name => name.toLowerCase())
    const standard = ['content-type', 'content-length', 'date', 'connection']
    const unknown = Object.keys(headers).filter(name => !standard.includes(name) && !names.includes(name))
    t.same(unknown, [], `every header of ${statusCode} is described`)
  }
  return { ...world, document, operation, shapes, fits }
}

const all = Object.entries(switches).flatMap(([name, { values }]) => values.map(value => ({ [name]: value })))

for (const behaviour of all) {
  t.test(`the document is true with ${JSON.stringify(behaviour)}`, async t => {
    const { create, operation, shapes, fits } = await described(t, behaviour)
    const success = behaviour.success_status ?? guesses.success_status

    for (const body of bodies) {
      const answer = await create(body)
      fits(t, answer)
      const accepted = answer.statusCode === success
      t.equal(shapes.body(body), accepted, `${JSON.stringify(body)} is judged alike`)
    }
    for (const first of [plainCarrier, {}]) {
      const named = { key: `${key}-${Object.keys(first).length}` }
      for (const body of [first, first, { ...plainCarrier, carrier_name: 'Another' }])
        fits(t, await create(body, named))
    }
    fits(t, await create(plainCarrier, { token: 'wrong' }))
    fits(t, await create(plainCarrier, { headers: { 'content-type': 'text/plain' } }))

    const { examples } = operation.requestBody.content['application/json'] as Media
    for (const [name, { value }] of Object.entries(examples)) {
      t.equal((await create(value)).statusCode, success, `the example ${name} is accepted`)
      t.ok(shapes.body(value))
    }
    for (const [status, { content = {} }] of Object.entries(operation.responses)) {
      for (const { examples } of Object.values(content)) {
        for (const { value } of Object.values<{ value: { status?: number } }>(examples)) {
          t.equal(value.status ?? success, Number(status), `the example of ${status} is one of it`)
        }
      }
    }
  })
}

t.test('what was observed is the source of what follows from it, and of nothing else', async t => {
  const observed = async (behaviour: Partial<Behaviour>) => {
    const { document } = await described(t, behaviour)
    const found: string[] = []
    const walk = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return
      if ('x-topcalls-source' in node && node['x-topcalls-source'] === 'observed') found.push(path)
      for (const [name, member] of Object.entries(node)) walk(member, path ? `${path}.${name}` : name)
    }
    walk(document.components.schemas.CarrierCreate.properties, '')
    walk(document.paths[carriersUrl].post.responses, '')
    return found
  }
  t.same(await observed({}), [])
  t.same(await observed({ success_status: 200 }), ['200'])
  t.same(await observed({ inbound_default: false }), ['sip_gateway.properties.inbound'], 'and not of outbound')
  t.same(await observed({ null_credentials: 'refused' }), ['registration', 'inbound_auth'])
  t.same(await observed({ unknown_members: 'refused' }), ['sip_gateway', 'registration', 'inbound_auth'])
  t.same(await observed({ replay_header: 'X-Idempotent-Replay' }), ['201.headers.X-Idempotent-Replay.schema'])
  t.same(await observed({ mismatch_answer: 409 }), ['409'])
  t.same(await observed({ mismatch_answer: 422 }), ['422'])
  t.same(await observed({ bad_key_status: 403 }), ['403'])
  t.match(await observed({ credential_names: 'short' }), ['registration.properties.username'])
})

t.test('strict describes the 422 that it answers and not what was observed in its place', async t => {
  const { create, operation, fits } = await described(t, { mismatch_answer: 409 }, { strictness: 'strict' })
  await create(plainCarrier, { key })
  const answer = await create({}, { key })
  t.equal(answer.statusCode, 422)
  fits(t, answer)
  t.notOk(operation.responses[409])
})

t.test('fake-topcalls openapi --observed prints the document with it', async t => {
  const file = `${t.testdir({ 'observed.json': '{"behaviour":{"success_status":202,"inbound_default":false}}' })}/observed.json`
  const { code, stdout } = await run(['openapi', '--observed', file])
  t.equal(code, 0)
  const { info, paths, components } = parse(stdout)
  t.match(info.description, /the status of success: `202` \(R4\)/)
  t.ok(paths[carriersUrl].post.responses[202])
  t.equal(components.schemas.CarrierCreate.properties.sip_gateway.properties.inbound.default, false)
})
