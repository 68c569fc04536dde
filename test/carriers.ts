import { randomUUID } from 'node:crypto'
import t from 'tap'
import { carriersUrl, emulator, faultsOf, numbersUrl, plainCarrier } from './fixtures/emulator.ts'

const reader = {
  key: 'tc_live_reader',
  account_id: '2c5ea4c0-4067-4fe9-8bad-9b1deb4d3b7d',
  scopes: ['phone_numbers:read' as const]
}
const writer = { ...reader, key: 'tc_live_writer', scopes: ['phone_numbers:write' as const] }

t.test('carriers are listed newest first, as they were answered', async t => {
  const { create, read } = await emulator(t)
  t.same((await read(carriersUrl)).json(), { data: [], next_cursor: null })
  const first = (await create()).json()
  const second = (await create({ ...plainCarrier, carrier_name: 'Second' })).json()

  const list = await read(carriersUrl)
  t.match(list, { statusCode: 200, headers: { 'content-type': /^application\/json/ } })
  t.same(list.json(), { data: [second, first], next_cursor: null })
  t.same(Object.keys(list.json().data[0]), Object.keys(second), 'in the same order of members')
})

t.test('a carrier is deleted by its id, once', async t => {
  const { create, read, remove } = await emulator(t)
  const { id } = (await create()).json()

  const deleted = await remove(`${carriersUrl}/${id.toUpperCase()}`)
  t.match(deleted, { statusCode: 204, body: '' })
  t.same((await read(carriersUrl)).json().data, [])
  t.match(await remove(`${carriersUrl}/${id}`), { statusCode: 404 })
})

t.test('the voip_carrier_sid is not the id, and the answer says so', async t => {
  const { create, remove } = await emulator(t)
  const { id, voip_carrier_sid } = (await create()).json()
  const answer = await remove(`${carriersUrl}/${voip_carrier_sid}`)
  t.match(answer, { statusCode: 404, headers: { 'content-type': /problem\+json/ } })
  t.equal(answer.json().detail, `This is the voip_carrier_sid of a carrier; deletion takes its id, ${id}`)
})

t.test('a carrier of another account is as unknown as none', async t => {
  const { create, read, remove } = await emulator(t)
  const theirs = (await create(plainCarrier, { token: 'tc_live_other' })).json()
  const detail = 'The account has no carrier with this id'
  for (const id of [theirs.id, theirs.voip_carrier_sid, randomUUID()]) {
    const answer = await remove(`${carriersUrl}/${id}`)
    t.match(answer, { statusCode: 404 })
    t.match(answer.json(), { detail, type: 'https://api.topcalls.ai/errors/not_found' })
  }
  t.same((await read(carriersUrl)).json().data, [])
  t.same((await read(carriersUrl, { token: 'tc_live_other' })).json().data, [theirs])
})

t.test('an id that is no UUID answers 400 before anything is looked up', async t => {
  const { remove } = await emulator(t)
  for (const id of ['1', 'x'.repeat(36), `${randomUUID()}0`, '%00', '%E2%80%AE', `{${randomUUID()}}`]) {
    const answer = await remove(`${carriersUrl}/${id}`)
    t.match(answer, { statusCode: 400 }, id)
    t.same(faultsOf(answer), { carrier_id: 'invalid_value' })
    t.equal(answer.json().title, 'Invalid request')
  }
})

t.test('an id of any length is judged like every other, behind the key', async t => {
  const { remove, read } = await emulator(t)
  const endless = 'a'.repeat(5_000)
  for (const [answer, path] of [
    [await remove(`${carriersUrl}/${endless}`), 'carrier_id'],
    [await read(`${numbersUrl}/${endless}?password=hunter2`), 'phone_number_id']
  ] as const) {
    t.match(answer, { statusCode: 400 })
    t.match(answer.json(), { detail: `${path} must be a UUID`, errors: [{ path, code: 'invalid_value' }] })
  }
  t.match(await read(`${numbersUrl}/${endless}`, { token: 'nonsense' }), { statusCode: 401 })
})

t.test('reading needs phone_numbers:read, deleting phone_numbers:write', async t => {
  const { create, read, remove } = await emulator(t, { keys: [reader, writer] })
  const { id } = (await create(plainCarrier, { token: writer.key })).json()
  const refused = await read(carriersUrl, { token: writer.key })
  t.match(refused, { statusCode: 403, headers: { 'www-authenticate': /scope="phone_numbers:read"/ } })
  t.match(await remove(`${carriersUrl}/${id}`, { token: reader.key }), { statusCode: 403 })
  t.equal((await read(carriersUrl, { token: reader.key })).json().data[0].id, id)
  t.match(await remove(`${carriersUrl}/${id}`, { token: writer.key }), { statusCode: 204 })
})

t.test('a carrier with phone numbers stays until they are deleted', async t => {
  const { create, addNumber, remove } = await emulator(t)
  const { id, voip_carrier_sid } = (await create()).json()
  const numbers = []
  for (const number of ['+12025550123', '+12025550124']) {
    numbers.push((await addNumber({ number, voip_carrier_sid })).json())
  }
  const refused = await remove(`${carriersUrl}/${id}`)
  t.match(refused, { statusCode: 409 })
  t.equal(refused.json().detail, 'The carrier still has 2 phone numbers; delete them first')
  await remove(`/v1/phone-numbers/${numbers[0].id}`)
  t.equal((await remove(`${carriersUrl}/${id}`)).json().detail, 'The carrier still has a phone number; delete it first')
  await remove(`/v1/phone-numbers/${numbers[1].id}`)
  t.match(await remove(`${carriersUrl}/${id}`), { statusCode: 204 })
})

t.test('a retry gets the answer of a carrier that is gone, and makes none', async t => {
  const { create, read, remove } = await emulator(t)
  const first = await create(plainCarrier, { key: 'outlives-1' })
  t.match(await remove(`${carriersUrl}/${first.json().id}`), { statusCode: 204 })
  const retry = await create(plainCarrier, { key: 'outlives-1' })
  t.match(retry, { statusCode: 201, headers: { 'idempotent-replayed': 'true' } })
  t.equal(retry.body, first.body)
  t.same((await read(carriersUrl)).json().data, [])
})

t.test('an Idempotency-Key on GET and DELETE is not looked at', async t => {
  const { create, read, remove } = await emulator(t)
  const { id } = (await create()).json()
  t.match(await read(carriersUrl, { key: 'x' }), { statusCode: 200 })
  t.match(await remove(`${carriersUrl}/${id}`, { key: '' }), { statusCode: 204 })
})

t.test('what a DELETE or a GET brings as its body is not looked at', async t => {
  const { create, send } = await emulator(t)
  for (const payload of ['', '{', '{}', '[1]']) {
    const { id } = (await create()).json()
    const headers = { 'content-type': 'application/json' }
    t.match(await send({ method: 'DELETE', url: `${carriersUrl}/${id}`, payload }, { headers }), { statusCode: 204 })
    t.match(await send({ method: 'GET', url: carriersUrl, payload }, { headers }), { statusCode: 200 })
  }
  for (const headers of [{ 'content-type': 'application/x-www-form-urlencoded' }, { 'content-encoding': 'gzip' }]) {
    for (const payload of ['', 'a=b']) {
      const { id } = (await create()).json()
      t.match(await send({ method: 'DELETE', url: `${carriersUrl}/${id}`, payload }, { headers }), { statusCode: 204 })
      t.match(await send({ method: 'GET', url: carriersUrl, payload }, { headers }), { statusCode: 200 })
    }
  }
})

t.test('other methods answer 405 and name the ones that there are', async t => {
  const { send } = await emulator(t)
  const { id } = { id: randomUUID() }
  for (const [method, url, allow] of [
    ['PUT', carriersUrl, 'GET, HEAD, POST'],
    ['GET', `${carriersUrl}/${id}`, 'DELETE'],
    ['POST', `${carriersUrl}/${id}`, 'DELETE'],
    ['PATCH', `/v1/phone-numbers/${id}`, 'DELETE, GET, HEAD'],
    ['DELETE', '/v1/phone-numbers', 'GET, HEAD, POST']
  ] as const) {
    const answer = await send({ method, url })
    t.match(answer, { statusCode: 405 }, `${method} ${url}`)
    t.equal(String(answer.headers.allow).split(', ').sort().join(', '), allow)
  }
})

t.test('the status of a deletion and the form of a list are as they were observed', async t => {
  for (const [behaviour, list, status] of [
    [{ list_member: 'items' }, { items: [], next_cursor: null }, 204],
    [{ list_member: null, delete_status: 200 }, [], 200],
    [{ delete_status: 202 }, { data: [], next_cursor: null }, 202]
  ] as const) {
    const { create, read, remove } = await emulator(t, { observed: { behaviour } })
    const { id } = (await create()).json()
    const deleted = await remove(`${carriersUrl}/${id}`)
    t.match(deleted, { statusCode: status, body: status === 204 ? '' : '{}' })
    t.same((await read(carriersUrl)).json(), list)
  }
})
