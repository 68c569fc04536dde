import { randomUUID } from 'node:crypto'
import t from 'tap'
import { carriersUrl, emulator, faultsOf, numbersUrl, plainCarrier } from './fixtures/emulator.ts'

const number = '+12025550123'

t.test('a number on a carrier of TopCalls', async t => {
  const { addNumber, read } = await emulator(t)
  const answer = await addNumber({ number })
  t.match(answer, { statusCode: 201 })
  const created = answer.json()
  t.same(Object.keys(created), [
    'id',
    'number',
    'voip_carrier_sid',
    'carrier_name',
    'source',
    'phone_number_sid',
    'status',
    'label',
    'account_id',
    'created_at'
  ])
  t.match(created, { number, carrier_name: 'TopCalls', source: 'topcalls', status: 'active', label: null })

  const { id, account_id, voip_carrier_sid, phone_number_sid, created_at } = created
  const told = {
    id,
    account_id,
    number,
    source: 'topcalls',
    status: 'active',
    phone_number_sid,
    voip_carrier_sid,
    carrier_name: 'TopCalls',
    label: null,
    error_message: null,
    created_by_user_id: null,
    created_at,
    updated_at: created_at
  }
  t.same((await read(`${numbersUrl}/${id}`)).json(), told)
  t.same((await read(numbersUrl)).json(), { data: [told], next_cursor: null })
  t.same((await read(carriersUrl)).json().data, [], 'the carrier of TopCalls is not listed')
})

t.test('a number on a carrier of the account', async t => {
  const { create, addNumber } = await emulator(t)
  const { voip_carrier_sid } = (await create()).json()
  const answer = await addNumber({ number, voip_carrier_sid: voip_carrier_sid.toUpperCase(), label: '' })
  t.match(answer.json(), { voip_carrier_sid, carrier_name: plainCarrier.carrier_name, source: 'byoc', label: '' })
})

t.test('a carrier that the account does not have answers 404', async t => {
  const { create, addNumber, read } = await emulator(t)
  const { id, voip_carrier_sid } = (await create()).json()
  const theirs = (await create(plainCarrier, { token: 'tc_live_other' })).json()
  for (const sid of [randomUUID(), theirs.voip_carrier_sid, theirs.id]) {
    const answer = await addNumber({ number, voip_carrier_sid: sid })
    t.match(answer, { statusCode: 404 })
    t.equal(answer.json().detail, 'The account has no carrier with this voip_carrier_sid')
  }
  const mistaken = await addNumber({ number, voip_carrier_sid: id })
  t.match(mistaken, { statusCode: 404 })
  t.equal(
    mistaken.json().detail,
    `voip_carrier_sid is the id of a carrier; send its voip_carrier_sid, ${voip_carrier_sid}`
  )
  t.same((await read(numbersUrl)).json().data, [])
})

t.test('every fault of a body is told', async t => {
  const { addNumber } = await emulator(t)
  const cases: [object, Record<string, string>][] = [
    [{}, { number: 'required' }],
    [{ number: 12025550123 }, { number: 'invalid_type' }],
    [{ number: '' }, { number: 'invalid_value' }],
    [{ number: '2025550123' }, { number: 'invalid_value' }],
    [{ number: '+1 202 555 0123' }, { number: 'invalid_value' }],
    [{ number: ' +12025550123' }, { number: 'invalid_value' }],
    [{ number: '+02025550123' }, { number: 'invalid_value' }],
    [{ number: '+1202555012\u0663' }, { number: 'invalid_value' }],
    [{ number: `+1${'2'.repeat(15)}` }, { number: 'invalid_value' }],
    [{ number: '+99912345678' }, { number: 'invalid_value' }],
    [{ number: '+1202555' }, { number: 'invalid_value' }],
    [{ number: '+15551234567' }, { number: 'invalid_value' }],
    [{ number, voip_carrier_sid: null }, { voip_carrier_sid: 'invalid_type' }],
    [{ number, voip_carrier_sid: 'mine' }, { voip_carrier_sid: 'invalid_value' }],
    [{ number, label: 'x'.repeat(101) }, { label: 'too_big' }],
    [{ number, label: null }, { label: 'invalid_type' }],
    [
      { number: 1, voip_carrier_sid: 2, label: 3 },
      { number: 'invalid_type', voip_carrier_sid: 'invalid_type', label: 'invalid_type' }
    ]
  ]
  for (const [body, faults] of cases) {
    const answer = await addNumber(body)
    t.match(answer, { statusCode: 400 }, JSON.stringify(body))
    t.equal(answer.json().title, 'Invalid request body')
    t.same(faultsOf(answer), faults, JSON.stringify(body))
  }
  t.match(await addNumber({ number, label: '😀'.repeat(100) }), { statusCode: 201 }, '100 code points')
})

t.test('a label that is too long is told how long it may be', async t => {
  const { addNumber } = await emulator(t)
  const answer = await addNumber({ number, label: 'x'.repeat(101) })
  t.equal(answer.json().detail, 'label must have at most 100 characters')
  t.match(await addNumber({ number, label: '😀'.repeat(100) }), { statusCode: 201 })
})

t.test('what is only possible passes with documented, and an unknown member is refused with strict', async t => {
  const possible = { number: '+15551234567', colour: 1 }
  const documented = await emulator(t, { strictness: 'documented' })
  t.match(await documented.addNumber(possible), { statusCode: 201 })
  t.match(await documented.addNumber({ number: '+99912345678' }), { statusCode: 400 })
  const strict = await emulator(t, { strictness: 'strict' })
  t.same(faultsOf(await strict.addNumber(possible)), { number: 'invalid_value', colour: 'custom' })
})

t.test('the same number twice in an account answers 409, and not in two accounts', async t => {
  const { addNumber } = await emulator(t)
  t.match(await addNumber({ number }), { statusCode: 201 })
  const again = await addNumber({ number, label: 'again' }, { key: 'twice-key' })
  t.match(again, { statusCode: 409 })
  t.match(again.json(), { title: 'Conflict', type: 'https://api.topcalls.ai/errors/conflict' })
  t.match(await addNumber({ number }, { token: 'tc_live_other' }), { statusCode: 201 })
  const answers = await Promise.all(Array.from({ length: 9 }, () => addNumber({ number: '+12025550199' })))
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [201, ...Array(8).fill(409)])
})

t.test('a deleted number is read as deleted, is not listed, and may be added again', async t => {
  const { addNumber, read, remove, clock } = await emulator(t)
  const { id } = (await addNumber({ number })).json()
  clock.advance(1_000)
  t.match(await remove(`${numbersUrl}/${id}`), { statusCode: 204, body: '' })
  const gone = (await read(`${numbersUrl}/${id}`)).json()
  t.match(gone, { status: 'deleted', updated_at: '2030-01-01T00:00:01.000Z', created_at: '2030-01-01T00:00:00.000Z' })
  t.same((await read(numbersUrl)).json().data, [])
  const again = await remove(`${numbersUrl}/${id}`)
  t.match(again, { statusCode: 404 })
  t.equal(again.json().detail, 'This phone number is deleted already')

  const anew = await addNumber({ number })
  t.match(anew, { statusCode: 201 })
  t.not(anew.json().id, id)
})

t.test('a number of another account is as unknown as none', async t => {
  const { addNumber, read, remove } = await emulator(t)
  const { id } = (await addNumber({ number }, { token: 'tc_live_other' })).json()
  for (const one of [id, randomUUID()]) {
    for (const answer of [await read(`${numbersUrl}/${one}`), await remove(`${numbersUrl}/${one}`)]) {
      t.match(answer, { statusCode: 404 })
      t.equal(answer.json().detail, 'The account has no phone number with this id')
    }
  }
  t.match(await read(`${numbersUrl}/x`), { statusCode: 400 })
})

t.test('a retry gets the first answer, also once the number is deleted', async t => {
  const { addNumber, remove, read } = await emulator(t)
  const first = await addNumber({ number }, { key: 'number-key' })
  const retry = await addNumber({ number }, { key: 'number-key' })
  t.match(retry, { statusCode: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } })
  await remove(`${numbersUrl}/${first.json().id}`)
  t.equal((await addNumber({ number }, { key: 'number-key' })).body, first.body)
  t.same((await read(numbersUrl)).json().data, [])
})

t.test('a key of one operation is refused on the other, in every strictness', async t => {
  for (const strictness of ['documented', 'inferred', 'strict'] as const) {
    const { addNumber, create } = await emulator(t, { strictness })
    const first = await create(plainCarrier, { key: 'shared-key' })
    const other = await addNumber({ number }, { key: 'shared-key' })
    t.match(other, { statusCode: 422 })
    t.match(other.json().detail, /first used on POST \/v1\/phone-numbers\/carriers/)
    t.equal((await create(plainCarrier, { key: 'shared-key' })).body, first.body, 'the record is untouched')
    t.match(await addNumber({ number }), { statusCode: 201 })
  }
})

t.test('a seeded server gives the same ids in each run', async t => {
  const run = async () => {
    const { create, addNumber, read } = await emulator(t, { seed: 7 })
    const { voip_carrier_sid } = (await create()).json()
    await addNumber({ number, voip_carrier_sid })
    return [(await read(numbersUrl)).body, (await read(carriersUrl)).body]
  }
  t.same(await run(), await run())
})
