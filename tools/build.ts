import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

// Makes dist/ of src/: few files in the place of the 1 250 that Node would look for, which halves the start. Declarations
// come from tsc. What brings files or native code of its own stays outside.

const outdir = 'dist'

// Modules of CommonJS ask for what a module of ECMAScript does not have by itself.
const banner = `import { createRequire as makeRequire } from 'node:module'
import { dirname as folderOf } from 'node:path'
import { fileURLToPath as pathOf } from 'node:url'
const require = makeRequire(import.meta.url), __filename = pathOf(import.meta.url), __dirname = folderOf(__filename)`

rmSync(outdir, { recursive: true, force: true })
const { metafile } = await build({
  entryPoints: ['src/main.js', 'src/index.ts'],
  outdir,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node22.18',
  external: ['better-sqlite3', '@fastify/swagger-ui', 'pino-pretty'],
  banner: { js: banner },
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning'
})
chmodSync(join(outdir, 'main.js'), 0o755)

/** The folders of the packages whose code is in the bundle. */
const bundled = new Set(
  Object.keys(metafile.inputs).flatMap(input => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? [])
)
const notices = [...bundled].sort().map(folder => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = existsSync(folder) && readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry))
  return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), 'utf8').trim() : ''}\n`
})
writeFileSync(join(outdir, 'THIRD-PARTY-LICENSES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`))
