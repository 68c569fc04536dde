import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Writes sbom.cdx.json, the packages that an installation brings and those of the bundle, as CycloneDX: `prepack` puts it into the
// package. From the lock file and dist/ alone, so without network and the same each time.
// `npm sbom --omit dev` leaves out what a development dependency needs as well (npm 11.19), so npm is shown a project that has
// none.

const project = new URL('..', import.meta.url)
const read = (name: string) => JSON.parse(readFileSync(new URL(name, project), 'utf8'))

const { devDependencies: _, ...manifest } = read('package.json')
const lock = read('package-lock.json')
delete lock.packages[''].devDependencies
for (const [path, { dev }] of Object.entries<{ dev?: boolean }>(lock.packages)) if (dev) delete lock.packages[path]

const folder = mkdtempSync(join(tmpdir(), 'sbom-'))
try {
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
  const args = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application']
  const document = JSON.parse(execFileSync('npm', args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }))
  const installed = new Set(document.components.map(({ name }: { name: string }) => name))
  for (const { name, version, license } of read('dist/bundled.json')) {
    if (installed.has(name)) continue
    const purl = `pkg:npm/${name.replace('@', '%40')}${version && `@${version}`}`
    const licenses = [{ license: { id: license } }]
    document.components.push({ 'bom-ref': purl, type: 'library', name, ...(version && { version }), purl, licenses })
  }
  // What differs from run to run, from machine to machine, and from npm to npm.
  delete document.serialNumber
  delete document.metadata.timestamp
  delete document.metadata.tools
  document.metadata.component.name = manifest.name
  writeFileSync(new URL('sbom.cdx.json', project), `${JSON.stringify(document, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true })
}
