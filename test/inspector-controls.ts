import t from 'tap'
import { closeBrowser } from './fixtures/browser.ts'
import { inspector, shows } from './fixtures/inspector.ts'

t.teardown(closeBrowser)

const at = '#/controls'

/** Chooses an account of which nothing is known yet, as a person does before the first request. */
async function choose({ page }: Awaited<ReturnType<typeof inspector>>, key: string) {
  await page.getByLabel('Account', { exact: true }).selectOption('+')
  await page.getByLabel('Its id, or one of its keys').fill(key)
  await page.getByRole('button', { name: 'Choose' }).click()
  await page.getByText('Of the account').waitFor()
}

t.test('an account is chosen by its key, and its clock is steered and seen', async t => {
  const bench = await inspector(t, { at })
  const { page, apiKey, control } = bench
  await choose(bench, apiKey)
  await shows(t, page, '2030-01-01 09:00:00')
  await page.getByRole('button', { name: '+1 h', exact: true }).click()
  await shows(t, page, '2030-01-01 10:00:00')
  await page.getByRole('button', { name: '+24 h' }).click()
  await shows(t, page, '2030-01-02 10:00:00')
  await page.getByLabel('Time to pass').fill('7d')
  await page.getByRole('button', { name: 'Advance' }).click()
  await shows(t, page, '2030-01-09 10:00:00')
  t.match(await control.forAccount(apiKey).clock.get(), { now: '2030-01-09T10:00:00.000Z', own: true })
  t.match(await control.forAccount('tc_live_other').clock.get(), { now: '2030-01-01T09:00:00.000Z' }, 'of no other')
  await page.getByLabel('Time to pass').fill('a while')
  await page.getByRole('button', { name: 'Advance' }).click()
  await page.getByRole('alert').waitFor()
  await page.getByRole('button', { name: 'Let it run' }).click()
  await page.getByRole('button', { name: 'Freeze' }).waitFor()
})

t.test('presets arm faults, and the page tells how often they fired', async t => {
  const bench = await inspector(t, { at })
  const { page, apiKey, control, create } = bench
  await choose(bench, apiKey)
  for (const [name, expected] of Object.entries({
    'Lost answer': { phase: 'after', kind: 'reset', times: 1 },
    '503 twice': { kind: 'status', status: 503, times: 2 },
    '429, Retry-After': { kind: 'status', status: 429, headers: { 'Retry-After': '2' }, times: 1 },
    Slow: { phase: 'after', kind: 'delay', delay: '5s' },
    Dripping: { kind: 'slow', bytes_per_second: 50, times: 1 },
    Hang: { phase: 'after', kind: 'hang' },
    'Pending number': { kind: 'pending', times: 1 }
  })) {
    await page.getByRole('button', { name }).click()
    await page.locator('tr', { hasText: expected.kind }).first().waitFor()
    await t.resolves(
      (async () => {
        while (true) {
          const data = await control.forAccount(apiKey).faults.list()
          const last = data.at(-1)
          if (last && last.kind === expected.kind && data.length === 1) return t.match(last, expected, name)
        }
      })()
    )
    if (name !== '503 twice') {
      await page.getByRole('button', { name: /^Disarm/ }).click()
      await shows(t, page, 'Nothing is armed.')
      continue
    }
    t.match(await create(), { status: 503 })
    await page.locator('tr', { hasText: /1 ×\s*1/ }).waitFor()
    t.match(await create(), { status: 503 })
    await page.locator('tr', { hasText: /2 ×\s*spent/ }).waitFor()
    await page.getByRole('button', { name: /^Disarm/ }).click()
    await shows(t, page, 'Nothing is armed.')
  }
})

t.test('keys are minted and revoked', async t => {
  const bench = await inspector(t, { at })
  const { page, apiKey, create } = bench
  await choose(bench, apiKey)
  await page.getByRole('button', { name: 'Mint a key' }).click()
  await page.getByText('It is told this once').waitFor()
  const key = await page.locator('.note code').innerText()
  t.equal((await create({ token: key })).status, 201)
  // The first is the server's own key; the list is asked for anew after the key was told.
  await page
    .getByRole('button', { name: /^Revoke/ })
    .nth(1)
    .click()
  await shows(t, page, 'revoked')
  t.equal((await create({ token: key })).status, 401)
  await page.getByLabel('for reading only').check()
  await page.getByRole('button', { name: 'Mint a key' }).click()
  // The policy of the page lets nobody evaluate a text, Playwright's predicates neither.
  await page.locator('.note code').filter({ hasNotText: key }).waitFor()
  t.equal((await create({ token: await page.locator('.note code').innerText() })).status, 403)
})

t.test('a reset asks once more, takes what is chosen, and nothing of others', async t => {
  const bench = await inspector(t, { at })
  const { page, apiKey, control, create, tenant } = bench
  await create()
  await create()
  const other = tenant('tc_live_other')
  await other.create()
  await choose(bench, apiKey)
  await page.getByLabel('requests').uncheck()
  await page.getByRole('button', { name: 'Reset this account' }).click()
  const own = control.forAccount(apiKey)
  t.match(await own.carriers.list(), { total: 2 }, 'one click does nothing')
  await page.getByRole('button', { name: 'Yes, reset this account' }).click()
  await page.getByText(/^Was reset/).waitFor()
  t.match(await own.carriers.list(), { total: 0 })
  t.match(await own.requests.list(), { total: 2 })
  t.match(await other.control.carriers.list(), { total: 1 })
})
