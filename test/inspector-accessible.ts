import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import t from 'tap'
import { browserPage, closeBrowser } from './fixtures/browser.ts'
import { inspector } from './fixtures/inspector.ts'
import { story } from './fixtures/inspector-story.ts'

t.teardown(closeBrowser)

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  id: string
  nodes: { html: string; failureSummary: string }[]
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const found: Violation[] = await page.evaluate('axe.run().then(({ violations }) => violations)')
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`))
}

/** Whether something of the page is wider than the window, and not in a box that scrolls by itself. */
const isCut = (page: Page): Promise<boolean> =>
  page.evaluate('[document.documentElement, document.querySelector("main")].some(one => one.scrollWidth > innerWidth)')

const fake = await story()
t.teardown(() => fake.close())
const refused = (await fake.control.requests.list({ outcome: 'refused' })).data.find(({ rules }) =>
  rules.includes('B4')
)

const views = {
  '#/requests': 'Time (UTC)',
  [`#/requests/${refused?.id}`]: 'Why it was refused',
  '#/retries': 'Only keys that came',
  [`#/retries/${refused?.account_id}/order-20300102-0001`]: 'In what the bodies differ',
  '#/controls': 'Lost answer',
  '#/overview': 'POST /v1/phone-numbers/carriers',
  '#/contract': 'What it says'
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 400]) {
    t.test(`no view has a violation, ${colorScheme}, ${width} pixels wide`, async t => {
      const page = await browserPage(t, `${fake.url}/_topcalls/`, { colorScheme, viewport: { width, height: 800 } })
      for (const [address, text] of Object.entries(views)) {
        await page.goto(`${fake.url}/_topcalls/${address}`)
        await page.getByText(text).first().waitFor({ state: 'attached' })
        await page.waitForTimeout(300)
        t.same(await violations(page), [], address)
        t.notOk(await isCut(page), `${address} is no wider than the window`)
      }
    })
  }
}

for (const width of [1280, 400]) {
  const browser = { viewport: { width, height: 800 } }

  t.test(`neither have the empty state, the help, the dialog for a key and the form for a token, ${width}`, async t => {
    const { page } = await inspector(t, { browser })
    await page.getByText('Nothing has arrived yet').waitFor()
    t.same(await violations(page), [], 'empty')
    t.notOk(await isCut(page), 'empty')
    await page.getByRole('button', { name: 'Keys of the keyboard' }).click()
    t.same(await violations(page), [], 'help')
    await page.keyboard.press('Escape')
    await page.getByLabel('Account', { exact: true }).selectOption('+')
    await page.getByRole('dialog').waitFor()
    t.same(await violations(page), [], 'by its key')
    const locked = await inspector(t, { browser, control: { token: 'a-long-token' } })
    await locked.page.getByLabel('The value of --control-token').waitFor()
    t.same(await violations(locked.page), [], 'token')
    t.notOk(await isCut(locked.page), 'token')
    t.equal(await locked.page.locator('.connection').innerText(), 'Locked')
  })
}

t.test('without colours everything is still a word or a sign', async t => {
  const page = await browserPage(t, `${fake.url}/_topcalls/`, { forcedColors: 'active' })
  await page.getByRole('row').nth(4).waitFor()
  for (const row of await page.locator('[role=row]:not(.head)').all()) {
    t.match(await row.locator('.outcome').innerText(), /^(created|read|deleted|replayed|refused|faulted)$/)
    t.match(await row.locator('.status').innerText(), /^(\d{3}|none)$/)
  }
  await page.goto(`${fake.url}/_topcalls/#/contract`)
  for (const tile of await page.locator('.matrix a').all()) t.match(await tile.innerText(), /✓|✗|–|\d\/\d/)
})
