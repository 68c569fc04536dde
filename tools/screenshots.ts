import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { launchBrowser } from '../test/fixtures/browser.ts'
import { story } from '../test/fixtures/inspector-story.ts'
import { reduced } from './png.ts'

// npm run screenshots [FOLDER]: the views of the inspector at two sizes and in both colour schemes, and the two pictures of the
// README in docs/inspector.

const folder = process.argv[2] ?? 'coverage/inspector'
const sizes = { wide: { width: 1280, height: 800 }, narrow: { width: 400, height: 800 } }
const schemes = ['light', 'dark'] as const

const views: Record<string, (page: Page, url: string) => Promise<unknown>> = {
  async requests(page, url) {
    await page.goto(`${url}/_topcalls/#/requests`)
    await page.getByRole('row').nth(3).waitFor()
  },
  async detail(page, url) {
    const refused = (await fake.ofShop.requests.list({ idempotency_key: 'checkout-7f3a' })).data[0]
    await page.goto(`${url}/_topcalls/#/requests/${refused?.id ?? refusedId}`)
    await page.getByRole('heading', { name: 'Why it was refused' }).waitFor()
  },
  async retries(page, url) {
    await page.goto(`${url}/_topcalls/#/retries`)
    await page.getByRole('link', { name: /order-20300102-0001/ }).click()
    await page.getByText('In what the bodies differ').waitFor()
  },
  async controls(page, url) {
    await page.goto(`${url}/_topcalls/#/controls`)
    await page.getByLabel('Account', { exact: true }).selectOption({ index: 1 })
    await page.getByRole('heading', { name: 'Faults' }).waitFor()
    await page.getByText('Fired').waitFor()
  },
  async contract(page, url) {
    await page.goto(`${url}/_topcalls/#/contract`)
    await page.getByLabel('Rules').waitFor()
  },
  async overview(page, url) {
    await page.goto(`${url}/_topcalls/#/overview`)
    await page.getByRole('heading', { name: 'Idempotency keys' }).waitFor()
    await page.getByText(/\d h/).first().waitFor()
  }
}

/** Of the README, with the height of the window. */
const pictures: Record<string, { name: string; height: number }> = {
  'detail-wide-light': { name: 'refused', height: 640 },
  'retries-wide-light': { name: 'retries', height: 470 }
}

for (const each of [folder, 'docs/inspector']) mkdirSync(each, { recursive: true })
const fake = await story()
const refusedId = (
  await fake.control.requests.list({ outcome: 'refused', path: '/v1/phone-numbers/carriers' })
).data.at(-1)?.id
const browser = await launchBrowser()
try {
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of schemes) {
      for (const [name, show] of Object.entries(views)) {
        const page = await browser.newPage({ viewport, colorScheme, deviceScaleFactor: 1 })
        await show(page, fake.url)
        await page.waitForTimeout(300)
        const file = `${name}-${size}-${colorScheme}`
        await page.screenshot({ path: join(folder, `${file}.png`) })
        const picture = pictures[file]
        if (picture) {
          await page.setViewportSize({ ...viewport, height: picture.height })
          await page.reload()
          await page.getByText('Close').waitFor()
          await page.waitForTimeout(500)
          writeFileSync(`docs/inspector/${picture.name}.png`, reduced(await page.screenshot()))
        }
        await page.close()
      }
    }
  }
} finally {
  await browser.close()
  await fake.close()
}
