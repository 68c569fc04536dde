#!/usr/bin/env -S node --max-semi-space-size=4
// The flag keeps V8 from letting short-lived objects pile up: half of the memory after 100 000 requests, for some CPU.
// Plain JavaScript that any Node can read: better-sqlite3 crashes the process under a Node that is too old,
// and Node before 22.18 cannot load the TypeScript sources, so the version is checked before anything is imported.
import module from 'node:module'
import { join } from 'node:path'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

// In a container this is process 1, for which the kernel drops a signal that nobody listens to. `start` takes over.
// `exec` and `verify` that were stopped early must not look like success.
const words = process.argv.slice(2).join(' ').split(' -- ')[0]?.split(' ') ?? []
const hasResult = words.includes('exec') || words.includes('verify')
for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15 })) {
  process.once(signal, () => process.exit(hasResult ? 128 + number : 0))
}

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`fake-topcalls needs Node 22.18 or newer, but this is Node ${process.versions.node}.\n`)
  process.exitCode = 1
} else {
  // Beside the program, where only those may write who may change it. Where it cannot be written, starts take longer.
  module.enableCompileCache(join(import.meta.dirname, '..', '.compile-cache'))
  import('./cli.ts').then(({ main }) => main())
}
