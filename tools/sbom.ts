import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Writes sbom.cdx.json, the packages that an installation brings and those of the bundle, as CycloneDX: `prepack` puts it into the
// package. From the lock file and what is installed, so without network and the same each time.
// Npm is shown a project that depends on what is bundled and has no development dependencies. `npm sbom --omit dev` of the real
// one leaves out what a development dependency needs as well (npm 11.19).

const project = new URL('..', import.meta.url)
const text = (name: string) => readFileSync(new URL(name, project), 'utf8')

const { devDependencies, ...manifest } = JSON.parse(text('package.json'))
for (const [, name = ''] of text('dist/THIRD-PARTY-LICENSES.txt').matchAll(/^(\S+) \S+ \(.+\)$/gm)) {
  if (name in devDependencies) manifest.dependencies[name] = devDependencies[name]
}
const lock = JSON.parse(text('package-lock.json'))
delete lock.packages[''].devDependencies
lock.packages[''].dependencies = manifest.dependencies
// Npm finds out by itself what is left.
for (const locked of Object.values<{ dev?: boolean }>(lock.packages)) delete locked.dev

const folder = mkdtempSync(join(tmpdir(), 'sbom-'))
try {
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
  const args = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application']
  const document = JSON.parse(execFileSync('npm', args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }))
  // Of this @fastify/swagger-ui holds a copy.
  const { devDependencies: copied } = JSON.parse(text('node_modules/@fastify/swagger-ui/package.json'))
  const page = `swagger-ui-dist@${copied['swagger-ui-dist']}`
  const [name, version] = page.split('@')
  document.components.push({ 'bom-ref': page, type: 'library', name, version, purl: `pkg:npm/${page}` })
  // What differs from run to run, from machine to machine, and from npm to npm.
  delete document.serialNumber
  delete document.metadata.timestamp
  delete document.metadata.tools
  document.metadata.component.name = manifest.name
  writeFileSync(new URL('sbom.cdx.json', project), `${JSON.stringify(document, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true })
}
