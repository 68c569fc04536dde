import { hash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Script } from 'node:vm'

// Loads the modules of the built program with V8's code of every function that an earlier run has called. Node's own compile
// cache has what is compiled when a module is loaded; nearly all functions are compiled when they are first called, which was
// a third of a start.

const before = '(function (exports, require, module, __filename, __dirname) {'
const digestBytes = 32

/**
 * @param {string} folder where the modules are: CommonJS in ASCII, which require each other by `./name.js`
 * @param {string} cacheFolder where their code is kept, one file each; made where it is missing
 */
export function codeCache(folder, cacheFolder) {
  /** @type {Map<string, { exports: any }>} */
  const modules = new Map()
  /** Those whose code is not kept yet, or is another V8's. @type {Map<string, Script>} */
  const fresh = new Map()

  const outside = createRequire(join(folder, 'main.js'))
  const require = Object.assign(
    (/** @type {string} */ path) => (path.startsWith('./') ? load(path.slice(2)) : outside(path)),
    { resolve: outside.resolve }
  )

  /** The exports of a module, which is run when it is first asked for. */
  function load(/** @type {string} */ name) {
    const known = modules.get(name)
    if (known) return known.exports
    const filename = join(folder, name)
    const cachedData = kept(join(cacheFolder, name))
    const source = `${before}${readFileSync(filename, 'latin1')}\n})`
    const script = new Script(source, { filename, cachedData, columnOffset: -before.length })
    if (script.cachedDataRejected !== false) fresh.set(name, script)
    const module = { exports: {} }
    modules.set(name, module)
    script.runInThisContext()(module.exports, require, module, filename, folder)
    return module.exports
  }

  /**
   * Keeps the code of what was called so far of modules whose code is not kept: after the usual work, and soon, since V8
   * forgets the code of what is not called again. Takes some 20 ms where all is new. Where nothing can be written it does nothing.
   */
  function keep() {
    if (fresh.size === 0) return
    try {
      mkdirSync(cacheFolder, { recursive: true })
    } catch {
      return
    }
    for (const [name, script] of fresh) {
      const code = script.createCachedData()
      const temporary = join(cacheFolder, `${name}.${process.pid}`)
      try {
        writeFileSync(temporary, Buffer.concat([digestOf(code), code]))
        renameSync(temporary, join(cacheFolder, name))
        fresh.delete(name)
      } catch {
        rmSync(temporary, { force: true })
        return
      }
    }
  }

  return { load, keep }
}

/** What a file holds, whole; V8 itself would not notice that a byte is another one. */
function kept(/** @type {string} */ file) {
  try {
    const bytes = readFileSync(file)
    const code = bytes.subarray(digestBytes)
    return digestOf(code).equals(bytes.subarray(0, digestBytes)) ? code : undefined
  } catch {
    return undefined
  }
}

const digestOf = (/** @type {Buffer} */ code) => hash('sha256', code, 'buffer')
