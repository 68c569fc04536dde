import { readFileSync } from 'node:fs'
import { Ajv as Ajv7 } from 'ajv'
import t from 'tap'
import { parse } from 'yaml'
import { strictnesses } from '../src/modes.ts'
import { catalogue } from '../src/problem.ts'
import { carrierCreate } from '../src/topcalls/carrier.ts'
import { rules } from '../src/topcalls/rules.ts'
import { carriersUrl, emulator, numbersUrl, plainCarrier } from './fixtures/emulator.ts'
import { type Media, openApi } from './fixtures/openapi.ts'
import { run } from './fixtures/program.ts'

const text = readFileSync(new URL('../openapi.yaml', import.meta.url), 'utf8')
const document = parse(text)
const { operations, operation: operationOf, validator } = openApi(document)
const operation = operationOf('POST', carriersUrl)
const sources = ['documented', 'inferred', 'fake']

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

t.test('every kind of refusal is described, with examples that fit their schema', t => {
  // Those of the routes that there are not, of the control plane, and with --observed only.
  const elsewhere = ['method_not_allowed', 'expectation_failed', 'idempotency_conflict']
  const told = new Set<string>()
  for (const { method, path, responses } of operations) {
    for (const [status, { content = {} }] of Object.entries(responses)) {
      for (const { schema, examples = {} } of Object.values(content)) {
        const validate = validator(schema)
        for (const [kind, { value }] of Object.entries(examples)) {
          t.ok(validate(value), `${method} ${path} ${status}: ${JSON.stringify(validate.errors)}`)
          if (Number(status) >= 400) t.match(value, { status: Number(status) })
          told.add(kind)
        }
      }
    }
  }
  for (const kind of Object.keys(catalogue)) t.equal(told.has(kind), !elsewhere.includes(kind), kind)
  t.end()
})

t.test('every answer and every member says where it comes from', t => {
  for (const { method, path, responses } of operations) {
    for (const [status, response] of Object.entries(responses)) {
      t.ok(sources.includes(String(response['x-topcalls-source'])), `${method} ${path} ${status}`)
    }
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
  for (const { path, requestBody } of operations.filter(({ method }) => method === 'POST')) {
    const { send, create } = await emulator(t)
    const { voip_carrier_sid } = (await create()).json()
    const { schema, examples } = requestBody.content['application/json'] as Media
    const validate = validator(schema)
    t.ok(Object.keys(examples).length >= 2)
    for (const { value } of Object.values(examples)) {
      t.ok(validate(value), JSON.stringify(validate.errors))
      const payload = 'voip_carrier_sid' in value ? { ...value, voip_carrier_sid } : value
      t.match(await send({ method: 'POST', url: path, payload }), { statusCode: 201 })
    }
  }
})

t.test('real answers fit the document, and the document refuses what the server refuses', async t => {
  const { create, createRaw, send, addNumber, read, remove } = await emulator(t, { strictness: 'strict' })
  const first = { key: 'openapi-key' }
  const carrier = (await create(plainCarrier, first)).json()
  const number = (await addNumber({ number: '+12025550123', voip_carrier_sid: carrier.voip_carrier_sid })).json()
  const [carrierPath, numberPath] = [`${carriersUrl}/{carrier_id}`, `${numbersUrl}/{phone_number_id}`]
  const carrierUrl = `${carriersUrl}/${carrier.id}`
  const numberUrl = `${numbersUrl}/${number.id}`
  const calls: [string, string, number, () => ReturnType<typeof send>][] = [
    ['POST', carriersUrl, 201, () => create(plainCarrier, first)],
    ['POST', carriersUrl, 422, () => create({ ...plainCarrier, carrier_name: 'other' }, first)],
    ['POST', carriersUrl, 400, () => create({})],
    ['POST', carriersUrl, 400, () => create(plainCarrier, { key: 'short' })],
    ['POST', carriersUrl, 401, () => create(plainCarrier, { token: 'wrong' })],
    ['POST', carriersUrl, 415, () => createRaw('x', { headers: { 'content-type': 'text/plain' } })],
    ['POST', carriersUrl, 413, () => createRaw(' '.repeat(70_000))],
    ['POST', carriersUrl, 400, () => createRaw('{')],
    ['POST', carriersUrl, 400, () => send({ method: 'POST', url: carriersUrl })],
    ['GET', carriersUrl, 200, () => read(carriersUrl)],
    ['GET', carriersUrl, 400, () => read(`${carriersUrl}?limit=0`)],
    ['GET', carriersUrl, 401, () => read(carriersUrl, { token: 'wrong' })],
    ['DELETE', carrierPath, 409, () => remove(carrierUrl)],
    ['DELETE', carrierPath, 400, () => remove(`${carriersUrl}/x`)],
    ['DELETE', carrierPath, 415, () => remove(carrierUrl, { headers: { 'content-type': 'none' } })],
    ['DELETE', carrierPath, 413, () => send({ method: 'DELETE', url: carrierUrl, payload: [' '.repeat(70_000)] })],
    ['POST', numbersUrl, 201, () => addNumber({ number: '+12025550124' })],
    ['POST', numbersUrl, 409, () => addNumber({ number: '+12025550124' })],
    ['POST', numbersUrl, 404, () => addNumber({ number: '+12025550125', voip_carrier_sid: carrier.id })],
    ['POST', numbersUrl, 400, () => addNumber({ number: '+1202555' })],
    ['GET', numbersUrl, 200, () => read(numbersUrl)],
    ['GET', numberPath, 200, () => read(numberUrl)],
    ['GET', numberPath, 404, () => read(`${numbersUrl}/${carrier.id}`)],
    ['DELETE', numberPath, 204, () => remove(numberUrl)],
    ['GET', numberPath, 200, () => read(numberUrl)],
    ['DELETE', numberPath, 404, () => remove(numberUrl)],
    ['DELETE', carrierPath, 204, () => remove(carrierUrl)],
    ['DELETE', carrierPath, 404, () => remove(carrierUrl)]
  ]
  for (const [method, path, status, call] of calls) {
    const answer = await call()
    const name = `${method} ${path} ${status}`
    t.equal(answer.statusCode, status, name)
    const { headers = {}, content } = operationOf(method, path).responses[status] ?? {}
    const told = content?.[String(answer.headers['content-type']).split(';')[0] ?? '']
    if (status === 204) t.same([content, answer.body], [undefined, ''])
    else {
      const validate = validator(told?.schema ?? { not: {} })
      t.ok(validate(answer.json()), `${name} ${JSON.stringify(validate.errors)}`)
    }
    const standard = ['content-type', 'content-length', 'date', 'connection', 'keep-alive']
    const known = Object.keys(headers).map(name => name.toLowerCase())
    for (const header of Object.keys(answer.headers)) {
      t.ok(standard.includes(header) || known.includes(header), `${name}: ${header} is described`)
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
  for (const [status, response] of Object.entries(operation.responses)) {
    says(status, response['x-topcalls-source'] ?? '')
  }
  t.end()
})
