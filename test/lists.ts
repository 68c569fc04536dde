import t from 'tap'
import { createClock } from '../src/clock.ts'
import { derivedAccount } from '../src/store/keys.ts'
import { carriersUrl, emulator, faultsOf, numbersUrl, plainCarrier } from './fixtures/emulator.ts'

interface Page {
  data: { id: string }[]
  next_cursor: string | null
}

t.test('limit and cursor lead through a list, also where all are of one instant', async t => {
  const { create, read } = await emulator(t)
  const ids: string[] = []
  for (let n = 0; n < 7; n++) ids.unshift((await create({ ...plainCarrier, carrier_name: `${n}` })).json().id)

  const pages: string[][] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { data, next_cursor }: Page = (await read(`${carriersUrl}?limit=3${cursor && `&cursor=${cursor}`}`)).json()
    pages.push(data.map(({ id }) => id))
    cursor = next_cursor
  }
  t.same(pages, [ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)])
})

t.test('the end of a long list is told as fast as its beginning, also where all are of one instant', async t => {
  const account_id = derivedAccount('tc_live_test')
  const carriers = Array.from({ length: 60_000 }, () => ({ carrier_name: 'one of many' }))
  const { read } = await emulator(t, { state: { version: 1, accounts: [{ account_id, carriers }] } })
  const times: number[] = []
  let count = 0
  let cursor: string | null = ''
  while (cursor !== null) {
    const before = performance.now()
    const answer = await read(`${carriersUrl}?limit=100${cursor && `&cursor=${cursor}`}`)
    times.push(performance.now() - before)
    const { data, next_cursor }: Page = answer.json()
    count += data.length
    cursor = next_cursor
  }
  t.equal(count, carriers.length)
  // The fastest of some, since the machine may be busy with something else.
  t.ok(Math.min(...times.slice(-30)) < 2 * Math.min(...times.slice(5, 60)), `${times.at(5)} ms, ${times.at(-5)} ms`)
})

t.test('a page that is full to the last has no next one', async t => {
  const { create, read } = await emulator(t)
  for (let n = 0; n < 3; n++) await create()
  t.equal((await read(`${carriersUrl}?limit=3`)).json().next_cursor, null)
  t.type((await read(`${carriersUrl}?limit=2`)).json().next_cursor, 'string')
})

t.test('50 are told where nobody says how many, and 200 at most', async t => {
  const { create, read } = await emulator(t)
  await Promise.all(Array.from({ length: 201 }, () => create()))
  t.equal((await read(carriersUrl)).json().data.length, 50)
  t.equal((await read(`${carriersUrl}?limit=200`)).json().data.length, 200)
})

t.test('what is added or deleted meanwhile moves nothing behind the cursor', async t => {
  let now = Date.parse('2030-01-01T00:00:00Z')
  const { create, read, remove } = await emulator(t, { clock: createClock(() => now) })
  const ids: string[] = []
  for (let n = 0; n < 6; n++) {
    now += n % 2
    ids.unshift((await create()).json().id)
  }
  const first = (await read(`${carriersUrl}?limit=2`)).json()
  await create()
  await remove(`${carriersUrl}/${ids[1]}`)
  await remove(`${carriersUrl}/${ids[3]}`)
  const second = (await read(`${carriersUrl}?limit=10&cursor=${first.next_cursor}`)).json()
  t.same(
    second.data.map(({ id }: { id: string }) => id),
    [ids[2], ids[4], ids[5]]
  )
})

t.test('what is added is in front of the cursor, also where the newest before it were deleted', async t => {
  const { create, read, remove } = await emulator(t)
  const ids: string[] = []
  for (let n = 0; n < 4; n++) ids.unshift((await create()).json().id)
  const { next_cursor } = (await read(`${carriersUrl}?limit=1`)).json()
  for (const id of ids.slice(0, 2)) await remove(`${carriersUrl}/${id}`)
  await create()
  const { data }: Page = (await read(`${carriersUrl}?cursor=${next_cursor}`)).json()
  t.same(
    data.map(({ id }) => id),
    ids.slice(2)
  )
})

t.test('a limit or a cursor that is none answers 400 and names both', async t => {
  const { read } = await emulator(t)
  const refused: [string, Record<string, string>][] = [
    ['limit=0', { limit: 'too_small' }],
    ['limit=201', { limit: 'too_big' }],
    ['limit=-1', { limit: 'too_small' }],
    ['limit=', { limit: 'invalid_type' }],
    ['limit=1.5', { limit: 'invalid_type' }],
    ['limit=0x10', { limit: 'invalid_type' }],
    ['limit=1e1', { limit: 'invalid_type' }],
    ['limit=ten&cursor=!', { limit: 'invalid_type', cursor: 'invalid_value' }],
    ['limit=1&limit=2', { limit: 'invalid_type' }],
    ['limit=99999999999999999999', { limit: 'invalid_type' }],
    ['cursor=', { cursor: 'invalid_value' }],
    ['cursor=1', { cursor: 'invalid_value' }],
    ['cursor=zzzzzzzzzzz_zzzzzzzzzzz', { cursor: 'invalid_value' }],
    ['cursor=1_1&cursor=1_1', { cursor: 'invalid_type' }],
    ['cursor=%F0%9F%98%80', { cursor: 'invalid_value' }],
    [`cursor=${'1'.repeat(5_000)}`, { cursor: 'invalid_value' }]
  ]
  for (const url of [carriersUrl, numbersUrl]) {
    for (const [query, faults] of refused) {
      const answer = await read(`${url}?${query}`)
      t.match(answer, { statusCode: 400 }, query)
      t.same(faultsOf(answer), faults, query)
    }
  }
})

t.test('a limit that is no integer is told what it may be, and nothing of quotation marks', async t => {
  const { read } = await emulator(t)
  for (const limit of ['', '1.0', 'ten', '99999999999999999999']) {
    t.equal(
      (await read(`${carriersUrl}?limit=${limit}`)).json().detail,
      'limit must be an integer from 1 to 200',
      limit
    )
  }
})

t.test('members of a query string that nobody knows are ignored', async t => {
  const { read } = await emulator(t, { strictness: 'strict' })
  t.match(await read(`${carriersUrl}?page=2&__proto__=1`), { statusCode: 200 })
})
