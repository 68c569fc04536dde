import { monitorEventLoopDelay } from 'node:perf_hooks'
import { startFakeTopCalls } from '../../src/index.ts'

// A server in a process of its own that says how long its event loop stood still: `fork` it with the database file.

const [, , database = ''] = process.argv
const server = await startFakeTopCalls({ database, control: {} })
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()

process.on('message', () => {
  process.send?.(delay.max / 1e6)
  delay.reset()
})
process.on('disconnect', () => process.exit())
process.send?.(server.url)
