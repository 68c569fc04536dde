import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'acorn'
import { build, type Plugin, transform } from 'esbuild'
import { addressOf, inspectorFiles } from '../src/control/inspector.ts'

// Makes dist/ of src/: few files in the place of the 1 250 that Node would look for, which halves the start. Declarations
// come from tsc. So an installation brings better-sqlite3 for its native code, and typebox for the declarations; what else
// the program needs is a development dependency.

const outdir = 'dist'

/** What Fastify would load if it had not been given compilers; a quarter of the bundle. */
const neverLoaded = ['@fastify/ajv-compiler', '@fastify/fast-json-stringify-compiler']

/** What only the sources ask for, and colours of a debugger that comes with some development dependency. */
const onlyInSources = ['htm/preact/standalone', 'supports-color']

/** What is loaded when it is used: Fastify could serve HTTP/2 and TLS, and somebody ask for YAML. */
const loadedWhenUsed = ['node:https', 'node:http2', 'yaml']

/** An `import` would make an export of each lazy member of these modules, and so load fetch, Web Crypto, readline and more. */
const imported = /^import (\{[^}]*\}|\w+) from "(node:[\w/]+)";$/gm

const required = (text: string) =>
  text.replace(imported, (_, names, path) => `const ${destructured(names)} = require("${path}");`)

/** A list of imports as a pattern. */
const destructured = (names: string) => names.replaceAll(' as ', ': ')

/** What `import.meta.url` is called in CommonJS. */
const moduleAddress = '__moduleAddress'

/**
 * A module of esbuild's in CommonJS, which it does not split, and which V8 keeps the code of (src/code-cache.js). Names are
 * constants, not members of another module, since hot functions use them; so no export may be assigned later.
 */
function linked(text: string): string {
  const reversed = (name: string) => name.split(' as ').reverse().join(': ')
  const program = text
    .replaceAll(/\bimport(\{[^}]*\}|[\w$]+ |)(?:from)?"(\.\/[\w.-]+)";/g, (_, names, path) => {
      if (names === '') return `require("${path}");`
      return `const ${names.startsWith('{') ? destructured(names) : `{default: ${names}}`}=require("${path}");`
    })
    .replaceAll(/\bimport\("(\.\/[\w.-]+)"\)/g, 'Promise.resolve().then(()=>require("$1"))')
    .replace(/\bexport\{([^}]*)\};\s*$/, (_, names) => `module.exports={${names.split(',').map(reversed).join()}};`)
    .replace(/\bexport default ([^;]+);\s*$/, 'module.exports={default:$1};')
  if (/[^\0-\x7f]/.test(program)) throw new Error('a module has characters beyond ASCII')
  parse(program, {
    ecmaVersion: 'latest',
    onToken({ type, start }) {
      if (type.keyword !== 'import' && type.keyword !== 'export') return
      throw new Error(`a module still has: ${program.slice(start, start + 100)}`)
    }
  })
  const address = program.includes(moduleAddress)
  return `"use strict";${address ? `const ${moduleAddress}=require("node:url").pathToFileURL(__filename).href;` : ''}${program}`
}

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
rmSync('.compile-cache', { recursive: true, force: true })
const common = {
  outdir,
  bundle: true,
  platform: 'node',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning'
} as const
await build({
  ...common,
  entryPoints: { main: 'src/main.built.js', index: 'src/index.built.js' },
  format: 'cjs',
  // So that any Node can read what it is too old for.
  target: 'node14.18'
})
const { metafile, outputFiles } = await build({
  ...common,
  entryPoints: {
    cli: 'src/cli.ts',
    library: 'src/index.ts',
    'checkpoint-thread': 'src/store/checkpoint-thread.ts'
  },
  entryNames: '[name]',
  splitting: true,
  format: 'esm',
  target: 'node22.18',
  external: [...neverLoaded, ...onlyInSources],
  plugins: [lazy],
  // Only the sources look for a module so.
  define: { 'import.meta.url': moduleAddress, 'import.meta.resolve': 'require.resolve' },
  metafile: true,
  write: false
})
for (const { path, text } of outputFiles) writeFileSync(path, linked(text))
// The sources are ECMAScript, by the package.json above.
writeFileSync(join(outdir, 'package.json'), '{ "type": "commonjs" }\n')
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
const folders = new Set(
  [...Object.keys(metafile.inputs), 'node_modules/htm/'].flatMap(
    input => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []
  )
)
const contents = (file: string) => readFileSync(file, 'utf8').trim()
const packages = [...folders].sort().map(folder => {
  const { name, version, license } = JSON.parse(contents(join(folder, 'package.json')))
  const files = readdirSync(folder).filter(entry => /^(?:licen[cs]e|notice)/i.test(entry))
  return { name, version, license, texts: files.map(file => contents(join(folder, file))) }
})
// These two bring other projects without their notices.
const swaggerUi = JSON.parse(contents(join(pagePackage, 'package.json'))).devDependencies['swagger-ui-dist']
packages.push(
  {
    name: 'swagger-ui-dist',
    version: swaggerUi,
    license: 'Apache-2.0',
    texts: [contents(`tools/swagger-ui-${swaggerUi}.licenses.txt`)]
  },
  { name: 'preact', version: '', license: 'MIT', texts: [contents('node_modules/preact/LICENSE')] }
)
const notices = packages.map(({ name, version, license, texts }) =>
  [`${name} ${version || '(in htm)'} (${license})`, ...texts, ''].join('\n\n')
)
writeFileSync(join(outdir, 'THIRD-PARTY-LICENSES.txt'), notices.join(`${'-'.repeat(80)}\n\n`))
// For tools/sbom.ts.
writeFileSync(join(outdir, 'bundled.json'), JSON.stringify(packages.map(({ texts: _, ...described }) => described)))
