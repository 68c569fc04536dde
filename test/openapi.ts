import { readFileSync } from 'node:fs'
import { Ajv as Ajv7 } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import t from 'tap'
import { parse } from 'yaml'
import { strictnesses } from '../src/modes.ts'
import { catalogue } from '../src/problem.ts'
import { carrierCreate } from '../src/topcalls/carrier.ts'
import { rules } from '../src/topcalls/rules.ts'
import { carriersUrl, emulator, plainCarrier } from './fixtures/emulator.ts'
import { run } from './fixtures/program.ts'

const text = readFileSync(new URL('../openapi.yaml', import.meta.url), 'utf8')
const document = parse(text)
const operation = document.paths[carriersUrl].post
const sources = ['documented', 'inferred', 'fake']

// `format` is told apart from the formats of the standard by its name; `strict: false` admits the x- members.
const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default(ajv)
ajv.addFormat('well-formed-unicode', (value: string) => value.isWellFormed())
ajv.addSchema(document, 'openapi.yaml')

/** The validator at a place of the document. */
function at(...path: string[]) {
  const pointer = path.map(part => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
  return ajv.compile({ $ref: `openapi.yaml#/${pointer}` })
}

t.test('openapi.yaml is what the routes say: npm run openapi', async t => {
  t.equal((await run(['openapi'])).stdout, text)
})

t.test('openapi.yaml is served as YAML and JSON, with a page to read it', async t => {
  const { app } = await emulator(t)
  const yaml = await app.inject('/_topcalls/openapi.yaml')
  t.equal(yaml.body, text)
  t.match(yaml.headers['content-type'], /yaml/)
  t.same((await app.inject('/_topcalls/openapi.json')).json(), document)
  for (const address of ['/_topcalls/docs', '/_topcalls/docs/']) {
    const page = await app.inject(address)
    t.match(page, { statusCode: 200, headers: { 'content-type': /html/ } })
    t.notMatch(page.headers['content-security-policy'], 'upgrade-insecure-requests')
    const loaded = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(match => match[1] ?? '')
    t.ok(loaded.length > 3)
    for (const url of loaded) {
      t.notMatch(url, /^(https?:)?\/\//, 'nothing comes from the network')
      t.match(await app.inject(new URL(url, `http://x${address}`).pathname), { statusCode: 200 }, `${address} ${url}`)
    }
  }
})

t.test('the schema of the body is valid by the meta schema, which the server does not check at its start', t => {
  const draft7 = new Ajv7({ strict: false })
  for (const strictness of strictnesses) t.ok(draft7.validateSchema(carrierCreate(strictness)), strictness)
  t.notOk(draft7.validateSchema({ type: 'text' }))
  t.end()
})

t.test('every status of the catalogue is described, with examples that fit their schema', t => {
  // Those of no operation, of the control plane, and with --observed only.
  const elsewhere = ['not_found', 'method_not_allowed', 'expectation_failed', 'idempotency_conflict']
  for (const [kind, { status, slug }] of Object.entries(catalogue)) {
    if (elsewhere.includes(kind)) continue
    const media = operation.responses[status]?.content['application/problem+json']
    const validate = at(
      'paths',
      carriersUrl,
      'post',
      'responses',
      String(status),
      'content',
      'application/problem+json',
      'schema'
    )
    for (const { value } of Object.values<{ value: unknown }>(media.examples)) {
      t.ok(validate(value), `${status}: ${JSON.stringify(validate.errors)}`)
      t.match(value, { status })
    }
    t.ok(JSON.stringify(media.examples).includes(slug))
  }
  const created = operation.responses[201].content['application/json']
  const validate = at('paths', carriersUrl, 'post', 'responses', '201', 'content', 'application/json', 'schema')
  for (const { value } of Object.values<{ value: unknown }>(created.examples)) t.ok(validate(value))
  t.end()
})

t.test('every answer and every member says where it comes from', t => {
  for (const [status, response] of Object.entries<Record<string, unknown>>(operation.responses)) {
    t.ok(sources.includes(String(response['x-topcalls-source'])), status)
  }
  const marked = (schema: { properties?: object; items?: object }, path: string): void => {
    if (schema.items) marked(schema.items, `${path}[]`)
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      t.ok(sources.includes(member['x-topcalls-source']), `${path}.${name}`)
      marked(member, `${path}.${name}`)
    }
  }
  for (const [name, schema] of Object.entries<object>(document.components.schemas)) marked(schema, name)
  t.end()
})

t.test('the request examples of the document are accepted, and by their schema too', async t => {
  const { create } = await emulator(t)
  const { examples } = operation.requestBody.content['application/json']
  const validate = at('paths', carriersUrl, 'post', 'requestBody', 'content', 'application/json', 'schema')
  t.ok(Object.keys(examples).length >= 4)
  for (const { value } of Object.values<{ value: object }>(examples)) {
    t.match(await create(value), { statusCode: 201 })
    t.ok(validate(value), JSON.stringify(validate.errors))
  }
})

t.test('real answers fit the document, and the document refuses what the server refuses', async t => {
  const { create, createRaw, send } = await emulator(t, { strictness: 'strict' })
  const first = { key: 'openapi-key' }
  const answers = [
    await create(plainCarrier, first),
    await create(plainCarrier, first),
    await create({ ...plainCarrier, carrier_name: 'other' }, first),
    await create({}),
    await create(plainCarrier, { key: 'short' }),
    await create(plainCarrier, { token: 'wrong' }),
    await createRaw('x', { headers: { 'content-type': 'text/plain' } }),
    await createRaw(' '.repeat(70_000)),
    await createRaw('{'),
    await send({ method: 'POST', url: carriersUrl })
  ]
  t.same([...new Set(answers.map(({ statusCode }) => statusCode))], [201, 422, 400, 401, 415, 413])
  for (const answer of answers) {
    const described = operation.responses[answer.statusCode]
    const type = String(answer.headers['content-type']).split(';')[0] ?? ''
    const validate = at('paths', carriersUrl, 'post', 'responses', String(answer.statusCode), 'content', type, 'schema')
    t.ok(validate(answer.json()), `${answer.statusCode} ${JSON.stringify(validate.errors)}`)
    const standard = ['content-type', 'content-length', 'date', 'connection', 'keep-alive']
    const known = Object.keys(described.headers).map(name => name.toLowerCase())
    for (const header of Object.keys(answer.headers)) {
      t.ok(standard.includes(header) || known.includes(header), `${answer.statusCode}: ${header} is described`)
    }
  }
})

t.test('docs/fidelity.md has every rule and every answer, with its source', t => {
  const ledger = readFileSync(new URL('../docs/fidelity.md', import.meta.url), 'utf8')
    .split('\n')
    .map(line => line.split('|').map(cell => cell.trim()))
  const letters: Record<string, string> = { documented: 'D', inferred: 'I', fake: 'F' }
  const says = (id: string, source: string) => {
    // The id of a rule comes first or, where the table is of statuses, second; some rows are about two.
    const row = ledger.find(([, first = '', second = '']) =>
      [first, ...first.split(', '), ...second.split(', ')].includes(id)
    )
    t.match(row?.at(-2), new RegExp(`^${letters[source]}\\b`), id)
  }
  for (const [id, { source }] of Object.entries(rules)) says(id, source)
  for (const [status, response] of Object.entries<Record<string, string>>(operation.responses)) {
    says(status, response['x-topcalls-source'] ?? '')
  }
  t.end()
})
