import t from 'tap'
import { inspectorFiles } from '../src/control/inspector.ts'
import { postNumber } from './fixtures/bench.ts'
import { closeBrowser } from './fixtures/browser.ts'
import { copied, inspector, shows } from './fixtures/inspector.ts'

t.teardown(closeBrowser)

t.test('the overview has what is stored, the time that is left, and the server', async t => {
  const { page, create, url, apiKey, control, tenant } = await inspector(t, { at: '#/overview', strictness: 'strict' })
  const { voip_carrier_sid } = (await (await create({ key: 'kept-for-a-day' })).json()) as { voip_carrier_sid: string }
  await postNumber(url, { token: apiKey, body: { number: '+12025550123', voip_carrier_sid, label: 'Support' } })
  await tenant('tc_live_other').create()
  await control.forAccount(apiKey).clock.advance('1h')
  const carriers = page.getByRole('region', { name: 'Carriers' })
  await carriers.getByRole('row').nth(2).waitFor()
  t.match(await carriers.innerText(), /My SIP provider[\s\S]*static_ip[\s\S]*203\.0\.113\.10/)
  await shows(t, page, '+12025550123')
  await page.reload()
  await shows(t, page, '23 h 0 min')
  await shows(t, page, 'strict')
  await page.getByLabel('Account', { exact: true }).selectOption({ label: await short(page, voip_carrier_sid) })
  await page.getByText('Support').waitFor()
  t.equal(await carriers.getByRole('row').count(), 2, 'the head and the one of the account')
  await page.getByRole('link', { name: 'kept-for-a-day' }).click()
  await shows(t, page, 'One carrier was created.')
})

t.test('a number that waits is made active, and then failed', async t => {
  const { page, url, apiKey, control } = await inspector(t, { at: '#/overview' })
  await control.faults.arm({ kind: 'pending', after: '90s', times: 1 })
  await postNumber(url, { token: apiKey, body: { number: '+12025550123' } })
  const status = page.getByLabel('Status of +12025550123')
  await status.waitFor()
  t.equal(await status.inputValue(), 'pending')
  await shows(t, page, 'active from 2030-01-01 09:01:30.000 on')
  for (const wanted of ['active', 'failed']) {
    await status.selectOption(wanted)
    while ((await control.phoneNumbers.list()).data[0]?.status !== wanted) await page.waitForTimeout(20)
    await page.getByText('from 2030-01-01').waitFor({ state: 'detached' })
    // The table is asked for anew, and may tell once more what was before.
    while ((await status.inputValue()) !== wanted) await page.waitForTimeout(20)
    t.pass(`told as ${wanted}, or this would not have ended`)
  }
})

/** The short name of the account that has a carrier, as its row tells. */
async function short(page: Awaited<ReturnType<typeof inspector>>['page'], sid: string): Promise<string> {
  const row = page.getByRole('row').filter({ has: page.locator(`[title="${sid}"]`) })
  return (await row.locator('.account').first().innerText()).trim()
}

t.test('long tables are told in parts', async t => {
  const { page, create } = await inspector(t, { at: '#/requests' })
  for (let number = 0; number < 30; number++) await create()
  await page.getByRole('link', { name: 'Overview' }).click()
  const carriers = page.getByRole('region', { name: 'Carriers' })
  await carriers.getByRole('row').nth(25).waitFor()
  t.equal(await carriers.getByRole('row').count(), 26)
  await page.getByRole('button', { name: 'Show more carriers' }).click()
  await carriers.getByRole('row').nth(30).waitFor()
})

t.test('the contract is a matrix of rules, with the requests that showed them', async t => {
  const { page, create } = await inspector(t, { at: '#/contract' })
  const matrix = page.getByLabel('Rules')
  await matrix.waitFor()
  t.match(await matrix.getByLabel('B4 ✗: missing').innerText(), /✗/)
  await create()
  await create({ body: { carrier_name: 'x', sip_gateway: { ipv4: 'sip.example.com' } } })
  await matrix.getByLabel('B4 ✓: seen').waitFor()
  await matrix.getByLabel('B4 ✓: seen').click()
  const line = page.locator('#rule-B4.chosen')
  await line.waitFor()
  await line.getByRole('link').first().click()
  await page.getByRole('heading', { name: /POST/ }).waitFor()
})

t.test('the API docs are one click away', async t => {
  const { page } = await inspector(t)
  await page.getByRole('link', { name: 'API docs' }).click()
  await page.waitForURL(/\/_topcalls\/docs/)
  t.match(await page.title(), /fake-topcalls|Swagger/)
})

t.test('a control token is asked for, and kept for the tab only', async t => {
  const { page, create, controlUrl } = await inspector(t, { control: { token: 'a-long-token' } })
  const field = page.getByLabel('The value of --control-token')
  await field.fill('wrong')
  await page.getByRole('button', { name: 'Go on' }).click()
  await shows(t, page, 'The server does not take this token.')
  await field.fill('a-long-token')
  await page.keyboard.press('Enter')
  await shows(t, page, 'Nothing has arrived yet')
  await create({ key: 'seen-with-token' })
  await shows(t, page, 'seen-with-token')
  await page.reload()
  await shows(t, page, 'seen-with-token', 'a reload keeps it')
  await page.getByRole('link', { name: 'Controls' }).click()
  await page.getByRole('button', { name: '+1 h', exact: true }).click()
  await shows(t, page, '2030-01-01 10:00:00')
  t.notMatch(page.url(), /a-long-token/)
  const other = await page.context().newPage()
  await other.goto(`${controlUrl}/_topcalls/`)
  await other.getByLabel('The value of --control-token').waitFor()
  t.same(await page.context().cookies(), [])
  t.equal(await page.evaluate('localStorage.length'), 0)
})

t.test('on a port of its own, the line for curl names that of the API', async t => {
  const { page, url, controlUrl } = await inspector(t, { control: { port: 0 } })
  t.not(url, controlUrl)
  t.ok((await copied(page, 'Copy')).includes(`${url}/v1/phone-numbers/carriers`))
})

t.test('reduced to its addresses: nothing is asked for elsewhere', async t => {
  const { page, controlUrl } = await inspector(t)
  const asked: string[] = []
  page.on('request', request => asked.push(request.url()))
  await page.reload()
  for (const name of ['Retries', 'Controls', 'Overview', 'Contract', 'Requests']) {
    await page.getByRole('link', { name }).click()
    await page.waitForTimeout(200)
  }
  t.ok(asked.length > 20)
  t.same(
    asked.filter(url => !url.startsWith(`${controlUrl}/_topcalls/`)),
    []
  )
})

t.test('the page with all of its files comes to less than 60 kB on the wire, headers included', async t => {
  const { page, controlUrl } = await inspector(t)
  const network = await page.context().newCDPSession(page)
  await network.send('Network.enable')
  const files = new Map<string, string>()
  let [bytes, count] = [0, 0]
  network.on('Network.responseReceived', ({ requestId, response }) => files.set(requestId, response.url))
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const url = files.get(requestId)
    // What ends without a beginning is of before the reload.
    if (!url || url.startsWith(`${controlUrl}/_topcalls/v1/`)) return
    bytes += encodedDataLength
    count++
  })
  await page.reload()
  await page.getByText('Nothing has arrived yet').waitFor()
  await page.waitForTimeout(500)
  t.equal(count, inspectorFiles.length - 1, 'each file once, the ledger only where it is asked for')
  t.ok(bytes < 60_000, `${bytes} bytes`)
})
