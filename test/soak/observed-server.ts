import { existsSync, readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { startFakeTopCalls } from '../../src/index.ts'

// A server in a process of its own that says how long its event loop stood still: `fork` it with the database file.

/** In milliseconds. */
export interface Stalls {
  longest: number
  /** Without the time in which other processes had the CPU, where Linux tells it. */
  longestOwn: number
}

const [, , database = ''] = process.argv
const server = await startFakeTopCalls({ database })
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
let longestOwn = 0

/** How long this thread, ready to run, has waited for a CPU: the second figure of its schedstat, in nanoseconds. */
const statistics = `/proc/self/task/${process.pid}/schedstat`
const known = existsSync(statistics)
const starved = (): number => (known ? Number(readFileSync(statistics, 'latin1').split(' ')[1]) / 1e6 : 0)

let last = { at: performance.now(), starved: starved() }
setInterval(() => {
  const now = { at: performance.now(), starved: starved() }
  longestOwn = Math.max(longestOwn, now.at - last.at - (now.starved - last.starved))
  last = now
}, 1)

process.on('message', () => {
  process.send?.({ longest: delay.max / 1e6, longestOwn } satisfies Stalls)
  delay.reset()
  longestOwn = 0
})
process.on('disconnect', () => process.exit())
process.send?.(server.url)
