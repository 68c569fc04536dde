import t from 'tap'
import { closeBrowser } from './fixtures/browser.ts'
import { plainCarrier } from './fixtures/emulator.ts'
import { inspector, shows } from './fixtures/inspector.ts'

t.teardown(closeBrowser)

t.test('a lost answer, its retry and another body stand on one time line', async t => {
  const { page, create, control } = await inspector(t, { at: '#/retries' })
  await shows(t, page, 'No retry yet')
  await control.faults.arm({ phase: 'after', kind: 'reset', times: 1 })
  await create({ key: 'order-0001' }).catch(() => {})
  await create({ key: 'order-0001' })
  await create({ key: 'order-0001', body: { ...plainCarrier, carrier_name: 'Another', trunk_type: 'static_ip' } })
  await create({ key: 'only-once' })
  await create()
  const link = page.getByRole('link', { name: /order-0001/ })
  await link.waitFor()
  t.equal(await page.locator('.threads li').count(), 1, 'keys that came once are left out')
  await page.getByLabel('Only keys that came more than once').uncheck()
  await page.locator('.threads li').nth(1).waitFor()
  await link.click()
  await shows(t, page, 'One carrier was created; the 2 other requests made no second one.')
  const steps = page.locator('.timeline li')
  await page.getByText('In what the bodies differ').waitFor()
  const texts = await steps.allInnerTexts()
  t.match(texts, [
    /answer lost[\s\S]*Created, and the answer was lost \(fault reset\)/,
    /replayed[\s\S]*Got the first answer again/,
    /mismatch[\s\S]*Another request with the same key got the first answer/,
    /kept[\s\S]*24 h 0 min/
  ])
  const rows = await page.locator('.diff tbody tr').allInnerTexts()
  t.match(rows, [/carrier_name\s+"My SIP provider"\s+"Another"/, /trunk_type\s+absent\s+"static_ip"/])
  await page.locator('.timeline a').first().click()
  await shows(t, page, 'reset, after it was handled')
  await page.goBack()
  await page.getByRole('button', { name: '1 request without a key' }).click()
  const listed = page.locator('#requests [role=row]:not(.head)')
  await listed.first().waitFor()
  t.equal(await listed.count(), 1, 'a retry of it would make a second one')
})

t.test('a key that came back after 24 hours made a second carrier, and says so', async t => {
  const { page, create, control, apiKey } = await inspector(t, { at: '#/retries' })
  await create({ key: 'nightly-1' })
  await control.forAccount(apiKey).clock.advance('24h')
  await create({ key: 'nightly-1' })
  await control.forAccount(apiKey).clock.advance('25h')
  await page.getByRole('link', { name: /nightly-1/ }).click()
  await shows(t, page, '2 were created: the key had become free in between.')
  await shows(t, page, 'passed: the key was free again')
  await shows(t, page, 'Created again, since the 24 hours were over.')
  await shows(t, page, 'The 24 hours are over: the key is free again.')
})

t.test('failures and refusals before the first success are steps as well; j and k go through the keys', async t => {
  const { page, create, control } = await inspector(t, { at: '#/retries' })
  await control.faults.arm({ kind: 'status', status: 503, times: 1 })
  await create({ key: 'a-busy-key' })
  await create({ key: 'a-busy-key', body: { carrier_name: '' } })
  await create({ key: 'a-busy-key' })
  await create({ key: 'another-key' })
  await create({ key: 'another-key' })
  await page.locator('.threads li').nth(1).waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.getByText('Not handled (fault status)').waitFor()
  await shows(t, page, /Refused with 400: B/)
  await page.keyboard.press('Escape')
  await page.locator('.detail').waitFor({ state: 'detached' })
})
