import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { startFakeTopCalls } from '../src/index.ts'
import { postCarrier } from './fixtures/bench.ts'
import { browserPage, closeBrowser } from './fixtures/browser.ts'
import { copied, inspector, shows } from './fixtures/inspector.ts'

t.teardown(closeBrowser)

t.test('an empty page has a line for curl that works, and then shows what it did', async t => {
  const { page, rows } = await inspector(t)
  await shows(t, page, 'Nothing has arrived yet')
  const line = await copied(page, 'Copy')
  const { stdout } = await promisify(execFile)('sh', ['-c', line])
  t.match(stdout, /201 Created/)
  await rows.first().waitFor()
  t.match(
    await rows.first().innerText(),
    /09:00:00\.000[\s\S]*POST[\s\S]*carriers[\s\S]*my-first-carrier[\s\S]*201[\s\S]*created/
  )
})

t.test('filters by account, outcome, status, key and text', async t => {
  const { page, rows, create, tenant } = await inspector(t)
  await create({ key: 'the-first-key' })
  await create({ key: 'the-first-key' })
  await create({ body: { carrier_name: '' } })
  await tenant('tc_live_other').create()
  const expectRows = async (count: number, what: string) => {
    await page
      .getByText(new RegExp(`^${count} requests?$`))
      .first()
      .waitFor()
    t.equal(await rows.count(), count, what)
  }
  await expectRows(4, 'all')
  await page.getByLabel('Outcome').selectOption('replayed')
  await expectRows(1, 'outcome')
  await page.getByLabel('Outcome').selectOption('')
  await page.getByLabel('Status', { exact: true }).fill('4xx')
  await expectRows(1, 'status')
  await page.getByLabel('Status', { exact: true }).fill('201')
  await expectRows(3, 'status')
  await page.getByLabel('Status', { exact: true }).fill('')
  await page.getByLabel('Key', { exact: true }).fill('first')
  await expectRows(2, 'key')
  await page.getByLabel('Key', { exact: true }).fill('')
  await page.getByLabel('Search').fill('B1 post')
  await expectRows(1, 'rules are text')
  await page.getByLabel('Search').fill('203.0.113.10 application/json')
  await expectRows(3, 'bodies and headers are text, of which only the server knows')
  await create({ key: 'comes-during-the-search' })
  await expectRows(4, 'also of those that come')
  await page.getByLabel('Search').fill('nothing like that')
  await shows(t, page, 'No request to show')
  await page.getByRole('button', { name: 'Show all' }).click()
  await expectRows(5, 'all again')
  await page.getByLabel('Account', { exact: true }).selectOption({ index: 1 })
  const one = await rows.count()
  await page.getByLabel('Account', { exact: true }).selectOption({ index: 2 })
  t.same([one, await rows.count()].sort(), [1, 4], 'account')
})

t.test('pause holds the list and counts what waits; clear empties it here only', async t => {
  const { page, rows, create, control } = await inspector(t)
  await create()
  await rows.first().waitFor()
  await page.getByRole('button', { name: 'Pause' }).click()
  await create()
  await create()
  await shows(t, page, '1 request, 2 waiting')
  t.equal(await rows.count(), 1)
  await page.getByRole('button', { name: 'Pause' }).click()
  await rows.nth(2).waitFor()
  await page.getByRole('button', { name: 'Clear' }).click()
  await shows(t, page, 'No request to show')
  t.match(await control.requests.list(), { total: 3 })
  await create()
  await rows.first().waitFor()
  t.equal(await rows.count(), 1)
})

t.test('everything can be done from the keyboard', async t => {
  const { page, rows, create } = await inspector(t)
  for (const name of ['one', 'two', 'three'])
    await create({ body: { carrier_name: name, sip_gateway: { ipv4: '203.0.113.1' } } })
  await rows.nth(2).waitFor()
  const chosen = page.locator('[role=row][aria-selected=true]')
  await page.keyboard.press('j')
  t.equal(await chosen.getAttribute('aria-rowindex'), '2')
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('k')
  t.equal(await chosen.getAttribute('aria-rowindex'), '3')
  await page.keyboard.press('Enter')
  await shows(t, page, '"two"')
  t.equal(await page.evaluate('document.activeElement.tagName'), 'H2', 'the focus goes to what was opened')
  await page.keyboard.press('j')
  await shows(t, page, '"one"')
  await page.keyboard.press('Escape')
  await page.locator('.detail').waitFor({ state: 'detached' })
  t.equal(await page.evaluate('document.activeElement.id'), 'requests', 'and back to the list')
  await page.keyboard.press('/')
  await page.keyboard.type('jk?')
  t.equal(await page.getByLabel('Search').inputValue(), 'jk?', 'in a field keys are letters')
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
})

t.test('after a lost connection the page goes on, and notices that the server is another', async t => {
  const first = await startFakeTopCalls({ port: 0 })
  const port = Number(new URL(first.url).port)
  await postCarrier(first.url, { key: 'of-the-first-life' })
  const page = await browserPage(t, `${first.url}/_topcalls/`)
  const rows = page.locator('[role=row]:not(.head)')
  await rows.first().waitFor()
  await page.getByRole('button', { name: 'Clear' }).click()
  await first.close()
  await shows(t, page, 'No connection')
  const second = await startFakeTopCalls({ port })
  t.teardown(() => second.close())
  await shows(t, page, 'Nothing has arrived yet', 'though nothing has come to it')
  for (const key of ['second-life-1', 'second-life-2', 'second-life-3']) await postCarrier(second.url, { key })
  await shows(t, page, 'second-life-3')
  t.equal(await rows.count(), 3, 'what was cleared counts no more, and the number of the first life neither')
  await shows(t, page, 'Live')
})

t.test('what the journal had no room for is told beside the list', async t => {
  const { page, create } = await inspector(t, { journal: { entries: 2, bytes: 1_000_000 } })
  for (let number = 0; number < 5; number++) await create()
  await shows(t, page, '3 dropped')
})

t.test('ten thousand entries are a few rows in the page, and what is read stays in place', async t => {
  const { page, rows, url } = await inspector(t)
  const askOnce = async () =>
    (await fetch(`${url}/v1/phone-numbers`, { headers: { authorization: 'Bearer tc_live_many' } })).text()
  const ask = () => Promise.all(Array.from({ length: 100 }, askOnce))
  for (let round = 0; round < 100; round++) await ask()
  await shows(t, page, '10,000 requests')
  t.ok((await rows.count()) < 60, `${await rows.count()} rows`)
  const grid = page.getByRole('grid')
  t.equal(await grid.getAttribute('aria-rowcount'), '10001')
  await grid.evaluate(box => box.scrollTo(0, 140_000))
  const first = page.locator('[role=row][aria-rowindex="5002"]')
  await first.waitFor()
  const [id, before] = [await first.getAttribute('id'), await first.boundingBox()]
  await (await fetch(`${url}/v1/phone-numbers`, { headers: { authorization: 'Bearer tc_live_many' } })).text()
  await page
    .locator('[role=row][aria-rowindex="5003"]')
    .and(page.locator(`#${id}`))
    .waitFor()
  t.same(await page.locator(`#${id}`).boundingBox(), before)
  await grid.evaluate(box => box.scrollTo(0, box.scrollHeight))
  await page.locator('[role=row][aria-rowindex="10001"]').waitFor()
  // The oldest leave in thousands, those under the reader among them.
  for (let round = 0; round < 12; round++) await ask()
  await page.waitForTimeout(500)
  t.ok((await rows.count()) < 60, `${await rows.count()} rows at the end of a list that was cut`)
})

t.test('what is chosen stays in sight while others come, and the list goes on at its top', async t => {
  const { page, rows, create } = await inspector(t)
  const createMany = async () => {
    for (let number = 0; number < 60; number++) await create()
  }
  await createMany()
  await page.getByText('60 requests').first().waitFor()
  await page.keyboard.press('j')
  const chosen = page.locator('[role=row][aria-selected=true]')
  await chosen.waitFor()
  const before = await chosen.boundingBox()
  await createMany()
  await page.getByText('120 requests').first().waitFor()
  t.same(await chosen.boundingBox(), before)
  await page.keyboard.press('Enter')
  await page.locator('.detail').waitFor()
  await page.reload()
  await chosen.waitFor()
  const { y = 0, height = 0 } = (await chosen.boundingBox()) ?? {}
  t.ok(height > 0 && y + height <= 800, 'and after a reload')
  await page.keyboard.press('Escape')
  // The list is as wide as before, and has brought what is chosen into sight.
  await page.getByText('Time (UTC)').waitFor()
  await page.getByRole('grid').evaluate(box => box.scrollTo(0, 0))
  await page.locator('[role=row][aria-rowindex="2"]').waitFor()
  await create()
  await page.getByText('121 requests').first().waitFor()
  t.equal(await rows.first().getAttribute('aria-rowindex'), '2', 'the newest is seen again')
})

t.test('many tabs that search leave the browser a connection for what they ask', async t => {
  const { page, create, controlUrl } = await inspector(t)
  await create()
  for (let tab = 0; tab < 4; tab++) {
    const other = tab === 0 ? page : await page.context().newPage()
    await other.goto(`${controlUrl}/_topcalls/`)
    await other.getByLabel('Search').fill('203.0.113.10')
    await other.getByText('1 request', { exact: true }).first().waitFor()
    // Long enough for a search that held a connection to have taken it.
    await other.waitForTimeout(500)
    await other.locator('[role=row]:not(.head)').first().click()
    await other.getByRole('heading', { name: 'Answer', exact: true }).waitFor()
    t.ok(await other.getByText('"203.0.113.10"').isVisible(), `tab ${tab + 1}`)
  }
})
