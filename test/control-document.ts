import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import t from 'tap'
import { testBench } from './fixtures/bench.ts'

const prefix = '/_topcalls/v1'

t.test('the document of the control plane lists every call, and real answers are as it says', async t => {
  const { app, url, create, apiKey } = await testBench(t)
  const document = (await app.inject(`${prefix}/openapi.json`)).json()
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addSchema({ ...document, $id: 'document' })

  const { routes } = (await app.inject(`${prefix}/none`)).json()
  const listed = Object.entries<object>(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map(method => `${method.toUpperCase()} ${path.replace('{id}', ':id')}`)
  )
  t.same(listed.toSorted(), routes.filter((route: string) => !route.endsWith('openapi.json')).toSorted())
  const text = JSON.stringify(document)
  for (const [, name = ''] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
    t.ok(document.components.schemas[name], name)
  }

  /** Calls an operation and compares its answer with the schema of its status. */
  async function call(
    method: string,
    path: string,
    { query = '', body, id = '' }: { query?: string; body?: object; id?: string } = {}
  ) {
    const answer = await fetch(`${url}${prefix}${path.replace('{id}', id)}${query}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    })
    const { responses } = document.paths[`${prefix}${path}`][method.toLowerCase()]
    const status = String(answer.status) in responses ? String(answer.status) : '4XX'
    const at = ['', 'paths', `${prefix}${path}`, method.toLowerCase(), 'responses', status, 'content']
    t.ok(responses[status], `${method} ${path} ${status}`)
    if (answer.status === 204) return undefined
    const type = answer.status < 400 ? 'application/json' : 'application/problem+json'
    const pointer = [...at, type, 'schema']
      .map(part => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/')
    const validate = ajv.getSchema(`document#${pointer}`) as ValidateFunction
    const value = await answer.json()
    t.ok(validate(value), `${method} ${path} ${status}: ${JSON.stringify(validate.errors)}`)
    return value as { id: string }
  }

  await create({ key: 'documented-1' })
  await create({ body: {} })
  const query = `?account=${apiKey}`
  const fault = await call('POST', '/faults', {
    body: { account: apiKey, phase: 'after', kind: 'reset', match: { headers: { a: null } } }
  })
  const key = await call('POST', '/keys', { body: { ttl: '1h' } })
  const request = await fetch(`${url}/v1/nowhere`)
  const calls: Parameters<typeof call>[] = [
    ['GET', '/clock'],
    ['POST', '/clock', { body: { advance: '1h' } }],
    ['POST', '/clock', { body: { advance: 'soon' } }],
    ['GET', '/faults', { query }],
    ['POST', '/faults', { body: {} }],
    ['GET', '/faults/{id}', { id: String(fault?.id) }],
    ['DELETE', '/faults/{id}', { id: 'none' }],
    ['GET', '/requests', { query: '?limit=1' }],
    ['GET', '/requests/{id}', { id: String(request.headers.get('x-request-id')) }],
    ['POST', '/requests/verify', { body: {} }],
    ['POST', '/requests/verify', { body: { times: 99 } }],
    ['GET', '/requests/wait', { query: '?count=2' }],
    ['GET', '/keys'],
    ['DELETE', '/keys/{id}', { id: String(key?.id) }],
    ['PUT', '/rate-limits', { body: { limit: 9, window: '1s' } }],
    ['GET', '/rate-limits'],
    ['GET', '/carriers'],
    ['GET', '/idempotency'],
    ['GET', '/state'],
    ['PUT', '/state', { body: { version: 1 } }],
    ['GET', '/coverage', { query }],
    ['GET', '/info'],
    ['DELETE', '/idempotency', { query: '?key=documented-1' }],
    ['DELETE', '/requests'],
    ['DELETE', '/faults'],
    ['DELETE', '/keys'],
    ['POST', '/reset']
  ]
  for (const one of calls) await call(...one)
})
