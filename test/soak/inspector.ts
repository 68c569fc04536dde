import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { launchBrowser } from '../fixtures/browser.ts'
import { launch } from '../fixtures/program.ts'
import { type Connection, createRequest, openConnections, openLoop } from './load.ts'
import { promised, type Soak } from './soak.ts'

const connectionCount = 8
const mostSlowdown = 0.1
/** A click that is answered later than this feels late. */
const longestBlockMilliseconds = 200
const millisecondsPerTick = 10

/** Milliseconds of CPU that a process has used. */
function cpuOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * millisecondsPerTick
}

interface Measured {
  perSecond: number
  microsecondsOfCpu: number
  p99: number
}

/** Sends at a rate, a third each creates, replays and refusals; the CPU is that of the server alone. */
async function measure(pid: number | undefined, connections: Connection[], rate: number, seconds: number) {
  let number = 0
  const next = () => {
    const turn = number++
    const key = `key-of-the-soak-${performance.timeOrigin}-${Math.floor(turn / 3)}`.replace('.', '-')
    return turn % 3 === 2 ? createRequest({ body: '{}' }) : createRequest({ key })
  }
  const [begun, cpu] = [performance.now(), cpuOf(pid)]
  const latencies = await openLoop({ connections, rate, seconds, next, seen: () => {} })
  const took = (performance.now() - begun) / 1_000
  const sorted = latencies.sort((a, b) => a - b)
  const used = cpuOf(pid) - cpu
  return {
    perSecond: Math.round(latencies.length / took),
    microsecondsOfCpu: Math.round((used * 1_000) / latencies.length),
    p99: Math.round((sorted[Math.floor(sorted.length * 0.99)] ?? 0) * 10) / 10
  } satisfies Measured
}

/** Has the page note how long it was busy at a time, and how far apart its frames were. */
const watch = `
  globalThis.seen = { blocked: 0, tasks: 0, frames: 0, longestFrame: 0 }
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) {
      seen.tasks++
      seen.blocked = Math.max(seen.blocked, duration)
    }
  }).observe({ type: 'longtask' })
  let before = performance.now()
  requestAnimationFrame(function frame(now) {
    seen.frames++
    seen.longestFrame = Math.max(seen.longestFrame, now - before)
    before = now
    requestAnimationFrame(frame)
  })
  undefined`

/** Milliseconds from a key to the row that it chooses, several times. */
async function press(page: Page, times: number): Promise<number> {
  let longest = 0
  for (let time = 0; time < times; time++) {
    const begun = performance.now()
    await page.keyboard.press('j')
    await page.locator('[role=row][aria-selected=true]').waitFor()
    longest = Math.max(longest, performance.now() - begun)
    await page.waitForTimeout(1_000)
  }
  return Math.round(longest)
}

export const inspector: Soak<{ seconds: number; rate: number }> = {
  proves: 'the inspector stays responsive at 1 000 requests/s and costs the server less than a tenth',
  options: { seconds: 60, rate: 1_000 },

  async run({ seconds, rate }) {
    const server = await launch(['--log-level', 'silent'], { bare: true })
    const browser = await launchBrowser()
    try {
      const { pid } = server.child
      const connections = await openConnections(server.url, connectionCount)
      await measure(pid, connections, rate, Math.min(10, seconds))
      const without = await measure(pid, connections, rate, seconds)

      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
      await page.goto(`${server.url}/_topcalls/`)
      await page.getByRole('row').nth(5).waitFor()
      await page.evaluate(watch)
      const [beside, longestKey] = await Promise.all([
        measure(pid, connections, rate, seconds),
        press(page, Math.max(1, Math.floor(seconds / 2)))
      ])
      const { blocked, tasks, frames, longestFrame } = await page.evaluate<Record<string, number>>('seen')
      const after = await measure(pid, connections, rate, 1)

      const base = without.microsecondsOfCpu
      const slowdown = (beside.microsecondsOfCpu - base) / base
      const figures = {
        rate,
        'requests/s without the page': without.perSecond,
        'requests/s with it': beside.perSecond,
        'CPU per request without, µs': base,
        'CPU per request with, µs': beside.microsecondsOfCpu,
        'more CPU, %': Math.round(slowdown * 100),
        'p99 without, ms': without.p99,
        'p99 with, ms': beside.p99,
        'longest task of the page, ms': Math.round(blocked ?? 0),
        'tasks over 50 ms': tasks ?? 0,
        'frames per second': Math.round((frames ?? 0) / seconds),
        'longest frame, ms': Math.round(longestFrame ?? 0),
        'longest wait for a key, ms': longestKey,
        'requests/s at the end': after.perSecond
      }
      const told = JSON.stringify(figures)
      promised(beside.perSecond >= without.perSecond * (1 - mostSlowdown), `the page takes answers away: ${told}`)
      promised((blocked ?? 0) <= longestBlockMilliseconds, `the page was busy for ${blocked} ms: ${told}`)
      return figures
    } finally {
      await browser.close()
      await server.stop()
    }
  }
}
