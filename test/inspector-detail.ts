import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { closeBrowser } from './fixtures/browser.ts'
import { copied, inspector, shows } from './fixtures/inspector.ts'
import { sendRaw } from './fixtures/socket.ts'

t.teardown(closeBrowser)

const refused = {
  carrier_name: 'Mine',
  sip_gateway: { ipv4: 'sip.myprovider.com', port: '5060', inbound: true },
  transport: 'tls'
}

t.test('a refusal tells each violated rule, its source and its place in the ledger, and marks the members', async t => {
  const { page, rows, create } = await inspector(t)
  await create({ body: refused, key: 'checkout-1234' })
  await rows.first().click()
  const reason = page.getByRole('listitem').filter({ hasText: 'B4' })
  await reason.waitFor()
  t.match(await reason.innerText(), /must be an IPv4 address where inbound is true \(documented by TopCalls\)/)
  t.match(await page.getByRole('listitem').filter({ hasText: 'B8' }).innerText(), /\(inferred\)/)
  const marked = await page.getByLabel('Body of the request').locator('.marked').allInnerTexts()
  t.match(marked, [
    /"ipv4": "sip.myprovider.com"[\s\S]*must be an IPv4 address/,
    /"port": "5060"[\s\S]*must be an integer/,
    /transport/
  ])
  await shows(t, page, 'TopCalls documents no such member')
  await shows(t, page, 'no, nothing is stored of it', 'it was not committed')
  t.match(await page.getByRole('region', { name: 'Request', exact: true }).innerText(), /authorization: \[redacted\]/)
  t.match(await page.getByRole('region', { name: 'Answer' }).innerText(), /application\/problem\+json/)

  await page.getByRole('link', { name: 'B4' }).click()
  await page.locator('#rule-B4.chosen').waitFor()
  t.ok(await page.locator('#rule-B4').isVisible())
  t.match(page.url(), /#\/contract\/B4$/)
})

t.test('a missing member is told of where it ought to be', async t => {
  const { page, rows, create } = await inspector(t)
  await create({ body: { sip_gateway: {} } })
  await rows.first().click()
  const marked = page.getByLabel('Body of the request').locator('.marked')
  await marked.first().waitFor()
  t.match(await marked.allInnerTexts(), [/^\{[\s\S]*carrier_name/, /"sip_gateway"[\s\S]*sip_gateway.ipv4/])
})

t.test('secrets are redacted, and a fault and what it took away are shown', async t => {
  const { page, rows, create, control } = await inspector(t)
  await control.faults.arm({ phase: 'after', kind: 'truncate', times: 1 })
  const registration = { username: 'me', password: 'hunter2' }
  const body = { carrier_name: 'R', trunk_type: 'reg', sip_gateway: { ipv4: '203.0.113.1' }, registration }
  await create({ body })
    .then(answer => answer.text())
    .catch(() => {})
  await rows.first().click()
  await shows(t, page, 'Answer, before the fault took it')
  await shows(t, page, 'truncate, after it was handled')
  await shows(t, page, 'yes, this request changed what is stored')
  const text = await page.locator('.detail').innerText()
  t.match(text, /"password": "\[redacted\]"/)
  t.notMatch(text, /hunter2|tc_live_/)
})

t.test('the line for curl repeats the request', async t => {
  const { page, rows, create, control, apiKey } = await inspector(t)
  const name = `It's "quoted" $(touch x) \`y\` \\ \u202e%41`
  await create({ body: { carrier_name: name, sip_gateway: { ipv4: '203.0.113.10' } }, key: 'a-key-for-curl' })
  await rows.first().click()
  const line = await copied(page, 'Copy as curl')
  t.notMatch(line, apiKey)
  t.notMatch(line, /\u202e/)
  const env = { ...process.env, TOPCALLS_API_KEY: apiKey }
  const { stdout } = await promisify(execFile)('sh', ['-c', line], { env })
  t.match(stdout, /idempotent-replayed: true/i, 'the same key with the same body')
  t.notMatch(stdout, /idempotency-payload-mismatch/i)
  t.match((await control.requests.list()).data[0], { body: { carrier_name: name }, outcome: 'replayed' })
})

t.test('the expectation holds for the request, and for no other', async t => {
  const { page, rows, create, control } = await inspector(t)
  const registration = { username: 'me', password: 'hunter2' }
  const body = { carrier_name: 'R', trunk_type: 'reg', sip_gateway: { ipv4: '203.0.113.1' }, registration }
  await create({ body })
  await create()
  await rows.nth(1).click()
  const expectation = JSON.parse(await copied(page, 'Copy as verify expectation'))
  t.match(expectation, { match: { method: 'POST', status: 201, outcome: 'created', body: { carrier_name: 'R' } } })
  t.match(await control.requests.verify(expectation), { matched: 1 })
  expectation.match.body.carrier_name = 'S'
  await t.rejects(control.requests.verify(expectation))
})

const hostile =
  '<img src=x onerror="document.title=1"><script>document.title=2</script>\u202egnp.exe\u0007\u200b\u001b[31m'
/** All but the line feeds and tabs that the page itself has. */
const unseen = /[^\P{C}\n\t]/u
const shown = String.raw`<img src=x onerror=\"document.title=1\"><script>document.title=2</script>\u202egnp.exe\u0007\u200b`

t.test('whatever a client sends is shown as text', async t => {
  const { page, rows, create, url, apiKey, controlUrl } = await inspector(t)
  await create({
    body: { carrier_name: hostile, sip_gateway: { ipv4: hostile, [hostile]: hostile }, [hostile]: [hostile] }
  })
  await create({
    body: { carrier_name: hostile.slice(0, 90), sip_gateway: { ipv4: '203.0.113.1' } },
    key: 'hostile-name'
  })
  const markup = '<b onclick=alert(1)>x</b>'
  await sendRaw(
    url,
    `GET /v1/${encodeURIComponent(hostile)} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${apiKey}\r\n` +
      `X-${'markup'}: ${markup}\r\nUser-Agent: ${markup}\r\nIdempotency-Key: ${markup}\r\nConnection: close\r\n\r\n`
  )
  await sendRaw(url, `PATCH /v1/x HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
  await rows.nth(3).waitFor()
  for (const index of [0, 1, 2, 3]) {
    await rows.nth(index).click()
    await page.getByRole('heading', { name: 'Answer', exact: true }).waitFor()
    await page.waitForTimeout(100)
    t.equal(await page.locator('main img, main script, main b[onclick]').count(), 0)
    t.notMatch(await page.locator('main').innerText(), unseen)
  }
  await rows.nth(3).click()
  await shows(t, page, shown)
  for (const view of ['overview', 'retries', 'contract', 'controls']) {
    await page.goto(`${controlUrl}/_topcalls/#/${view}`)
    await page.waitForTimeout(400)
    t.equal(await page.locator('main img, main script').count(), 0, view)
    t.notMatch(await page.locator('main').innerText(), unseen, view)
  }
  t.match(await page.title(), /fake-topcalls$/)
  for (const address of [
    `#/requests/${encodeURIComponent(hostile)}`,
    `#/${encodeURIComponent(hostile)}`,
    '#/contract/%zz',
    '#/constructor',
    '#/__proto__',
    '#/retries/x/<b>'
  ]) {
    await page.goto(`${controlUrl}/_topcalls/${address}`)
    await page.waitForTimeout(200)
    t.equal(await page.locator('main img, main script').count(), 0, address)
  }
})

t.test('bodies that are no JSON, deep ones and long ones do no harm', async t => {
  const { page, rows, create } = await inspector(t)
  await create({ body: '{"carrier_name": ' })
  await create({ body: `${'['.repeat(99)}${']'.repeat(99)}` })
  const many = Object.fromEntries(Array.from({ length: 4_000 }, (_, index) => [`m${index}`, index]))
  await create({ body: { carrier_name: 'x', sip_gateway: { ipv4: '203.0.113.1' }, ...many } })
  await rows.nth(2).waitFor()
  await rows.first().click()
  await shows(t, page, /\d+ more lines/)
  await rows.nth(1).click()
  await page.getByRole('heading', { name: 'Why it was refused' }).waitFor()
  await rows.nth(2).click()
  await shows(t, page, '17 bytes that are no JSON')
  await create({ body: 'x'.repeat(70_000) })
  await rows.first().and(page.locator('[aria-rowindex="2"]')).filter({ hasText: '413' }).click()
  await shows(t, page, 'A body that was not read')
})

t.test('a request that the journal has lost is told of as such', async t => {
  const { page, rows, create, control } = await inspector(t)
  await create()
  await rows.first().waitFor()
  await control.requests.clear()
  await rows.first().click()
  await shows(t, page, 'The journal has no request of this id')
})
