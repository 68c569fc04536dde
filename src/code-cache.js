import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'

// Loads the modules of the built program with V8's code of every function that an earlier run has called. Node's own compile
// cache has what is compiled when a module is loaded; nearly all functions are compiled when they are first called, which was
// 30 % of a start.

const before = '(function (exports, require, module, __filename, __dirname) {'
const digestBytes = 32

/**
 * @param {string} folder where the modules are: CommonJS in ASCII, which require each other by `./name.js`
 * @param {string} cacheFolder where their code is kept, one file each; made where it is missing
 */
export function codeCache(folder, cacheFolder) {
  /** @type {Map<string, { exports: unknown }>} */
  const modules = new Map()
  /** Those whose code is not kept yet, or is another V8's. @type {Map<string, { script: Script, bytes: Buffer }>} */
  const fresh = new Map()

  const outside = createRequire(join(folder, 'main.js'))
  /** What the modules are given as `require`. */
  function required(/** @type {string} */ path) {
    return path.startsWith('./') ? load(path.slice(2)) : outside(path)
  }
  required.resolve = outside.resolve

  /** The exports of a module, which is run when it is first asked for. */
  function load(/** @type {string} */ name) {
    const known = modules.get(name)
    if (known) return known.exports
    const filename = join(folder, name)
    const bytes = readFileSync(filename)
    const cachedData = kept(join(cacheFolder, name), bytes)
    const source = `${before}${bytes.toString('latin1')}\n})`
    const script = new Script(source, { filename, cachedData, columnOffset: -before.length })
    if (script.cachedDataRejected !== false) fresh.set(name, { script, bytes })
    const module = { exports: {} }
    script.runInThisContext()(module.exports, required, module, filename, folder)
    modules.set(name, module)
    return module.exports
  }

  /**
   * Keeps the code of what was called so far of modules whose code is not kept: after the usual work, and soon, since V8
   * forgets the code of what is not called again. Takes some 20 ms where all is new. Where nothing can be written it does nothing.
   */
  function keep() {
    for (const [name, { script, bytes }] of fresh) {
      if (!write(join(cacheFolder, name), script.createCachedData(), bytes)) return
      fresh.delete(name)
    }
  }

  return { load, keep }
}

/** The code of a source that a file holds. V8 itself would notice neither another byte nor another source of the same length. */
function kept(/** @type {string} */ file, /** @type {Buffer} */ source) {
  try {
    const bytes = readFileSync(file)
    const code = bytes.subarray(digestBytes)
    return digestOf(code, source).equals(bytes.subarray(0, digestBytes)) ? code : undefined
  } catch {
    return undefined
  }
}

/** Writes such a file, whole or not at all; tells whether it could. */
function write(/** @type {string} */ file, /** @type {Buffer} */ code, /** @type {Buffer} */ source) {
  const temporary = `${file}.${process.pid}`
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(temporary, Buffer.concat([digestOf(code, source), code]))
    renameSync(temporary, file)
    return true
  } catch {
    try {
      rmSync(temporary)
    } catch {
      // It was not made, or is out of reach as well.
    }
    return false
  }
}

const digestOf = (/** @type {Buffer[]} */ ...parts) =>
  parts.reduce((digest, part) => digest.update(part), createHash('sha256')).digest()
