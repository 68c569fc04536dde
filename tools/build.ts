import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin, transform } from 'esbuild'
import { addressOf, inspectorFiles } from '../src/control/inspector.ts'

// Makes dist/ of src/: few files in the place of the 1 250 that Node would look for, which halves the start. Declarations
// come from tsc. So an installation brings better-sqlite3 for its native code, and typebox for the declarations; what else
// the program needs is a development dependency.

const outdir = 'dist'

// Modules of CommonJS ask for what a module of ECMAScript does not have by itself.
const banner = `import { createRequire as makeRequire } from 'node:module'
import { dirname as folderOf } from 'node:path'
import { fileURLToPath as pathOf } from 'node:url'
const require = makeRequire(import.meta.url), __filename = pathOf(import.meta.url), __dirname = folderOf(__filename)`

/** What Fastify would load if it had not been given compilers; a quarter of the bundle. */
const neverLoaded = ['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler']

/** What is loaded when it is used: Fastify could serve HTTP/2 and TLS, and somebody ask for YAML. */
const loadedWhenUsed = ['node:https', 'node:http2', 'yaml']

/** An `import` would make an export of each lazy member of these modules, and so load fetch, Web Crypto, readline and more. */
const imported = /^import (\{[^}]*\}|\w+) from "(node:[\w/]+)";$/gm

const required = (text: string) =>
  text.replace(imported, (_, names, path) => `const ${names.replaceAll(' as ', ': ')} = require("${path}");`)

const pagePackage = 'node_modules/@fastify/swagger-ui'
const pageFolder = 'swagger-ui'

/** Modules that look for files beside themselves, and where these are. */
const placed: [filter: RegExp, folder: string][] = [
  // Its dozen files take 3 ms of a start, so they are in the bundle; the native one is looked for beside them. Both must be
  // of one version, so package.json names it exactly.
  [/better-sqlite3[\\/]lib[\\/]binding\.js$/, `require('node:path').dirname(require.resolve('better-sqlite3'))`],
  [/@fastify[\\/]swagger-ui[\\/]index\.js$/, `require('node:path').join(__filename, '../${pageFolder}')`],
  [/@fastify[\\/]swagger-ui[\\/]lib[\\/]routes\.js$/, `require('node:path').join(__filename, '../${pageFolder}/lib')`]
]

/** Loads modules of Node by `require`, and some of all modules not before a member of them is used. */
const lazy: Plugin = {
  name: 'lazy',
  setup({ onResolve, onLoad }) {
    const whenUsed = new RegExp(`^(?:${loadedWhenUsed.join('|')})$`)
    onResolve({ filter: whenUsed }, ({ path, namespace }) =>
      namespace === 'when-used' ? undefined : { path, namespace: 'when-used' }
    )
    onLoad({ filter: /.*/, namespace: 'when-used' }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, { get: (_, name) => require('${path}')[name] })`,
      resolveDir: '.'
    }))
    onLoad({ filter: /[\\/]src[\\/].*\.[jt]s$/ }, async ({ path }) => {
      if (path.includes('node_modules')) return undefined
      const { code } = await transform(readFileSync(path, 'utf8'), { loader: path.endsWith('.ts') ? 'ts' : 'js' })
      return { contents: required(code) }
    })
    for (const [filter, folder] of placed) {
      onLoad({ filter }, ({ path }) => ({ contents: `const __dirname = ${folder}\n${readFileSync(path, 'utf8')}` }))
    }
  }
}

rmSync(outdir, { recursive: true, force: true })
const { metafile } = await build({
  entryPoints: ['src/main.js', 'src/index.ts', 'src/store/checkpoint-thread.ts'],
  entryNames: '[name]',
  outdir,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node22.18',
  external: neverLoaded,
  plugins: [lazy],
  minifySyntax: true,
  minifyWhitespace: true,
  banner: { js: banner },
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning'
})
chmodSync(join(outdir, 'main.js'), 0o755)
for (const [file, { imports }] of Object.entries(metafile.outputs)) {
  const left = imports.find(({ path, kind }) => path.startsWith('node:') && kind === 'import-statement')
  if (left) throw new Error(`${file} still imports ${left.path}`)
}

// The inspector needs no building: a browser runs its modules as they are.
mkdirSync(join(outdir, 'inspector'))
for (const name of inspectorFiles) copyFileSync(addressOf(name), join(outdir, 'inspector', name))

// The files of Swagger UI; the page does not load `swagger-ui.js`.
cpSync(join(pagePackage, 'static'), join(outdir, pageFolder, 'static'), {
  recursive: true,
  filter: path => !path.endsWith('swagger-ui.js')
})

/** The folders of the packages whose code is in the bundle, and of the one that the inspector's copy is of. */
const bundled = new Set(
  [...Object.keys(metafile.inputs), 'node_modules/htm/'].flatMap(
    input => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []
  )
)
const contents = (file: string) => readFileSync(file, 'utf8').trim()
const notices = [...bundled].sort().map(folder => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const files = readdirSync(folder).filter(entry => /^(?:licen[cs]e|notice)/i.test(entry))
  return `${name} ${version} (${license})\n\n${files.map(file => contents(join(folder, file))).join('\n\n')}\n`
})
// These two bring other projects without their notices.
const { devDependencies } = JSON.parse(contents(join(pagePackage, 'package.json')))
notices.push(contents(`tools/swagger-ui-${devDependencies['swagger-ui-dist']}.licenses.txt`))
notices.push(`preact, in htm (MIT)\n\n${contents('node_modules/preact/LICENSE')}\n`)
writeFileSync(join(outdir, 'THIRD-PARTY-LICENSES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`))
