// Plain JavaScript that any Node can read: better-sqlite3 crashes the process under a Node that is too old, and Node before
// 22.18 cannot load the TypeScript sources, so the version is checked before anything else is loaded.

/** Heeds signals from the first moment on, and tells whether this Node can run the program; if not it says so. */
export function preflight() {
  // In a container this is process 1, for which the kernel drops a signal that nobody listens to. `start` takes over.
  // `exec` and `verify` that were stopped early must not look like success.
  const words = process.argv.slice(2).join(' ').split(' -- ')[0]?.split(' ') ?? []
  const hasResult = words.includes('exec') || words.includes('verify')
  for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15 })) {
    process.once(signal, () => process.exit(hasResult ? 128 + number : 0))
  }

  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isNewEnough = major > 22 || (major === 22 && minor >= 18)
  if (!isNewEnough) {
    process.stderr.write(`fake-topcalls needs Node 22.18 or newer, but this is Node ${process.versions.node}.\n`)
    process.exitCode = 1
  }
  return isNewEnough
}
