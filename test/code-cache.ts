import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { codeCache } from '../src/code-cache.js'

/** A program of two modules, one of which needs the other and one of Node's. */
function program(t: Test) {
  const folder = t.testdir({
    'main.js':
      '"use strict";const {twice}=require("./twice.js");module.exports={run:()=>twice(require("node:path").sep)};',
    'twice.js': 'globalThis.codeCacheRuns=(globalThis.codeCacheRuns??0)+1;module.exports={twice:(text)=>text+text};'
  })
  return { folder, cache: join(folder, 'code'), file: (name: string) => join(folder, 'code', name) }
}

interface Main {
  run(): unknown
}

const runs = () => (globalThis as { codeCacheRuns?: number }).codeCacheRuns ?? 0

/** Runs the program as a process of its own would, and keeps its code. */
function runOnce({ folder, cache }: { folder: string; cache: string }): unknown {
  const { load, keep } = codeCache(folder, cache)
  const result = (load('main.js') as Main).run()
  keep()
  return result
}

t.test('modules are run once, and what they need of Node is given', t => {
  const { folder, cache } = program(t)
  const { load } = codeCache(folder, cache)
  const before = runs()
  t.equal((load('main.js') as Main).run(), '//')
  t.equal((load('twice.js') as { twice(text: string): string }).twice('a'), 'aa')
  t.equal(runs(), before + 1)
  t.notOk(existsSync(cache))
  t.end()
})

t.test('code is kept once, of the functions that were called as well', t => {
  const { folder, cache, file } = program(t)
  const uncalled = codeCache(folder, cache)
  uncalled.load('main.js')
  uncalled.keep()
  const size = statSync(file('main.js')).size
  writeFileSync(file('main.js'), '')
  t.equal(runOnce({ folder, cache }), '//')
  t.ok(statSync(file('main.js')).size > size)

  for (const name of readdirSync(cache)) utimesSync(file(name), 1, 1)
  t.equal(runOnce({ folder, cache }), '//')
  t.same(readdirSync(cache).sort(), ['main.js', 'twice.js'])
  for (const name of readdirSync(cache)) t.equal(statSync(file(name)).mtimeMs, 1_000, `${name} was written again`)
  t.end()
})

t.test('code that is cut off, altered or of another source is not run, but replaced', t => {
  const { folder, cache, file } = program(t)
  runOnce({ folder, cache })
  const good = readFileSync(file('main.js'))
  const altered = Buffer.from(good)
  altered.writeUInt8((altered.at(-9) as number) ^ 1, altered.length - 9)
  for (const bad of [altered, good.subarray(0, 40), good.subarray(0, 3), Buffer.alloc(0), Buffer.alloc(5_000, 1)]) {
    writeFileSync(file('main.js'), bad)
    t.equal(runOnce({ folder, cache }), '//')
    t.ok(readFileSync(file('main.js')).length >= good.length)
  }

  // Of the same length, which V8 would take for the same.
  const source = readFileSync(join(folder, 'main.js'), 'latin1')
  writeFileSync(join(folder, 'main.js'), source.replace('=>twice', '=>Array'))
  t.same(runOnce({ folder, cache }), ['/'])
  writeFileSync(join(folder, 'main.js'), 'module.exports={run:()=>"another"}')
  t.equal(runOnce({ folder, cache }), 'another')
  t.end()
})

t.test('where no code can be kept the program runs as well', t => {
  const { folder, cache, file } = program(t)
  writeFileSync(cache, 'a file in the place of the folder')
  t.equal(runOnce({ folder, cache }), '//')

  const other = { folder, cache: join(folder, 'other') }
  mkdirSync(join(other.cache, 'main.js'), { recursive: true })
  t.equal(runOnce(other), '//')
  t.same(readdirSync(other.cache), ['main.js'])
  t.notOk(existsSync(file('main.js')))

  // As in a folder that may not be entered: neither can the file be written nor what is left of it be removed.
  const long = `${'x'.repeat(252)}.js`
  writeFileSync(join(folder, long), 'module.exports=1')
  const { load, keep } = codeCache(folder, join(folder, 'third'))
  t.equal(load(long), 1)
  keep()
  t.same(readdirSync(join(folder, 'third')), [])
  t.end()
})

t.test('a module that throws does so each time', t => {
  const folder = t.testdir({ 'main.js': 'throw new Error("not today")' })
  const { load } = codeCache(folder, join(folder, 'code'))
  t.throws(() => load('main.js'), { message: 'not today' })
  t.throws(() => load('main.js'), { message: 'not today' })
  t.end()
})
