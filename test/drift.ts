import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { UsageError } from '../src/failure.ts'
import { type Change, compareDocuments, exitCodeOfDrift, readOpenApi, renderDrift } from '../src/verify/drift.ts'
import { type Any, oneOperation, sending } from './fixtures/drift.ts'
import { requestMutations } from './fixtures/drift-requests.ts'
import { responseMutations } from './fixtures/drift-responses.ts'

const text = readFileSync(new URL('../openapi.yaml', import.meta.url), 'utf8')
const path = '/v1/phone-numbers/carriers'
const operation = `POST ${path}`
const ours: Any = oneOperation(parse(text), path)

/** Ours, and its parts to change. */
function copy() {
  const document: Any = oneOperation(parse(text), path)
  const { CarrierCreate: create, Carrier: carrier, Problem: problem } = document.components.schemas
  return { document, post: document.paths[path].post, create, gateway: create.properties.sip_gateway, carrier, problem }
}

function inlined(document: Any): Any {
  const within = (node: Any): Any => {
    if (Array.isArray(node)) return node.map(within)
    if (typeof node !== 'object' || node === null) return node
    if (typeof node.$ref === 'string') return within(document.components.schemas[node.$ref.split('/').at(-1)])
    return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, within(value)]))
  }
  return within({ ...document, components: { securitySchemes: document.components.securitySchemes } })
}

function reordered(node: Any): Any {
  if (Array.isArray(node)) return node.map(reordered)
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node).reverse()
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      name === 'required' && Array.isArray(value) ? value.toReversed() : reordered(value)
    ])
  )
}

t.test('a document that says the same in another way has no changes', t => {
  const based = copy().document
  based.servers = [{ url: 'https://api.topcalls.ai/{version}/', variables: { version: { default: 'v1' } } }]
  based.paths = { '/phone-numbers/carriers': based.paths[path] }
  const bare = JSON.parse(JSON.stringify(ours), (name, value) =>
    name.startsWith('x-topcalls') || ['description', 'summary', 'examples', 'tags', 'operationId'].includes(name)
      ? undefined
      : value
  )
  const named = copy().document
  named.components.securitySchemes = { bearer: { type: 'http', scheme: 'Bearer' } }
  named.paths[path].post.security = [{ bearer: [] }]
  named.paths[path].post.parameters[0].name = 'idempotency-key'
  const same = {
    itself: ours,
    json: JSON.parse(JSON.stringify(ours)),
    inlined: inlined(ours),
    reordered: reordered(ours)
  }
  for (const [how, document] of Object.entries({ ...same, based, bare, named })) {
    t.strictSame(compareDocuments(document, ours), [], how)
    t.strictSame(compareDocuments(ours, document), [], how)
  }
  t.end()
})

for (const [where, mutations] of Object.entries({ request: requestMutations, response: responseMutations })) {
  for (const { title, mutate, expected } of mutations) {
    t.test(`${where}: ${title}`, t => {
      const parts = copy()
      mutate(parts)
      const changes = compareDocuments(parts.document, ours)
      t.match(changes, [{ operation, ...expected }])
      t.equal(changes.length, 1, JSON.stringify(changes))
      t.end()
    })
  }
}

t.test('a change of a shared schema is told of each response, and rendered once', t => {
  const { document, problem } = copy()
  problem.properties.errors.items.properties.code.enum.push('too_late')
  const changes = compareDocuments(document, ours)
  t.equal(changes.length, Object.keys(ours.paths[path].post.responses).length - 1)
  for (const { where, breaking } of changes) {
    t.match(where, /^response [45]\d\d body errors\[\]\.code$/)
    t.ok(breaking)
  }
  t.match(
    renderDrift(changes),
    /^POST \S+\n {2}breaks {2}response 400, 401, [^\n]*: [^\n]*too_late[^\n]*\n\n1 difference: 1 breaking/
  )
  t.end()
})

t.test('where objects are closed, a member that only the other side has is refused', t => {
  const object = (...names: string[]) => ({
    type: 'object',
    properties: Object.fromEntries(names.map(name => [name, { type: 'string' }])),
    additionalProperties: false
  })
  const [one, two] = [sending(object('a')), sending(object('a', 'b'))]
  const changed = { operation: 'POST /things', where: 'request body b' }
  t.strictSame(compareDocuments(one, two), [
    { ...changed, kind: 'removed', side: 'theirs', text: 'a member that they refuse', breaking: true }
  ])
  t.strictSame(compareDocuments(two, one), [
    { ...changed, kind: 'added', side: 'ours', text: 'a member that the fake refuses', breaking: false }
  ])
  t.end()
})

t.test('operations are told apart by method and path, whatever the parameters of the path are called', t => {
  const get = (name: string, schema = {}) => ({
    get: { parameters: [{ in: 'path', name, required: true, schema: { type: 'string', ...schema } }], responses: {} }
  })
  const [one, two] = [copy().document, copy().document]
  one.paths['/v1/calls/{id}/legs/{leg}'] = get('id')
  two.paths['/v1/calls/{call_id}/legs/{leg_id}'] = get('call_id')
  t.strictSame(compareDocuments(one, two), [])

  one.paths['/v1/calls/{id}/legs/{leg}'] = get('id', { maxLength: 8 })
  t.match(compareDocuments(one, two), [
    { operation: 'GET /v1/calls/{call_id}/legs/{leg_id}', where: 'path call_id', breaking: true }
  ])

  const added = { operation: 'GET /v1/calls/{id}/legs/{leg}', where: 'operation', kind: 'added', breaking: false }
  t.match(compareDocuments(one, ours), [added])
  t.equal(exitCodeOfDrift(compareDocuments(one, ours)), 0)
  t.match(compareDocuments(ours, one), [{ ...added, kind: 'removed', breaking: true }])
  t.end()
})

t.test('4XX and default stand for the statuses that are not named', t => {
  const { document, post } = copy()
  const { 201: created, 400: refused } = post.responses
  post.responses = { 201: created, '4xx': refused, default: refused }
  t.same(
    compareDocuments(document, ours).filter(({ where }) => !where.includes('header')),
    []
  )
  t.end()
})

t.test('what is no OpenAPI 3 document is refused with a sentence', t => {
  const deep = (levels: number): object => (levels === 0 ? {} : { type: 'object', properties: { a: deep(levels - 1) } })
  const circle = { $ref: '#/components/schemas/A' }
  const table: [Any, RegExp][] = [
    [[], /no object/],
    [{}, /no member "openapi"/],
    [{ swagger: '2.0', paths: {} }, /Swagger 2\.0 document; convert it/],
    [{ openapi: '4.0.0', paths: {} }, /version is not known/],
    [{ openapi: '3.1.0' }, /no "paths"/],
    [sending({ $ref: '#/components/schemas/None' }), /nothing at "#\/components\/schemas\/None"/],
    [sending({ $ref: '#/constructor' }), /nothing at/],
    [sending({ $ref: 'other.yaml#/Thing' }), /another file/],
    [{ openapi: '3.1.0', paths: { '/things': { $ref: '#/paths/~1things' } } }, /leads back to itself/],
    [sending(deep(1_000)), /nested in more than 100 levels/],
    [
      sending(
        { oneOf: [circle, { type: 'string' }] },
        { components: { schemas: { A: { oneOf: [circle, { type: 'object', required: ['a'] }] } } } }
      ),
      /circle/
    ]
  ]
  for (const [document, message] of table) {
    const other = sending(deep(1_000))
    try {
      compareDocuments(document, other)
      t.fail(String(message))
    } catch (error) {
      t.ok(error instanceof UsageError, String(error))
      t.match((error as Error).message, message)
    }
  }
  t.end()
})

t.test('a file is read as YAML or JSON, and refused by its name', async t => {
  const dir = t.testdir({
    'ours.json': JSON.stringify(ours),
    'ours.yaml': stringify(ours),
    'broken.json': '{ "openapi": ',
    'broken.yaml': 'a: [',
    'text.yaml': 'just a text'
  })
  for (const file of ['ours.json', 'ours.yaml']) t.same(await readOpenApi(join(dir, file)), ours, file)
  const table = {
    'broken.json': /neither/,
    'broken.yaml': /neither/,
    'text.yaml': /no object/,
    'absent.yaml': /ENOENT/
  }
  for (const [file, message] of Object.entries(table)) {
    await t.rejects(readOpenApi(join(dir, file)), {
      message: new RegExp(`${file} cannot be used: .*${message.source}`),
      exitCode: 2
    })
  }
})

t.test(
  'what is told of changes is grouped by operation, with what breaks first, and says which exit code follows',
  t => {
    const change = (more: Partial<Change>): Change => ({
      operation,
      where: 'w',
      kind: 'changed',
      side: undefined,
      breaking: false,
      text: 't',
      ...more
    })
    const differs = change({ kind: 'removed', text: 'second' })
    const breaks = change({ breaking: true, side: 'theirs', text: 'first \u001b[31m\n' })
    const added = change({ kind: 'added', operation: 'GET /v1/new' })
    t.equal(
      renderDrift([differs, added, breaks]),
      `${operation}\n  breaks  w: first \\u001b[31m\\n\n  differs w (only in ours): second\n\nGET /v1/new\n  added   w: t\n\n` +
        '3 differences: 1 breaking, 1 not breaking, 1 added: exit code 1.\n'
    )
    t.match(renderDrift([]), 'exit code 0')
    const codes = [[], [added], [added, differs], [added, differs, breaks]].map(exitCodeOfDrift)
    t.strictSame(codes, [0, 0, 3, 1])
    t.end()
  }
)
