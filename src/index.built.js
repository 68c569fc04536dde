// The library as dist/ has it: index.ts, and V8's code of it kept as main.built.js does.
import { join } from 'node:path'
import { runInThisContext } from 'node:vm'
import { codeCache } from './code-cache.js'
import { keepOnceUsed } from './kept-code.ts'

const { load, keep } = codeCache(__dirname, join(__dirname, '..', '.compile-cache'))

// Jest gives each file of tests a realm of its own, with another Error; what is kept runs in the main one.
const isMainRealm = runInThisContext('Object') === Object
const library = /** @type {typeof import('./index.ts')} */ (
  isMainRealm ? load('library.js') : require(join(__dirname, 'library.js'))
)

/** @type {<Options, Started extends import('./index.ts').Listening>(start: (options?: Options) => Promise<Started>) => (options?: Options) => Promise<Started>} */
const keeping = start => async options => {
  const server = await start(options)
  server.app.server.once('close', keepOnceUsed(server.app.server, keep))
  return server
}

export const { ControlError, connect, createClock, DatabaseError, UsageError } = library
export const startFakeTopCalls = keeping(library.startFakeTopCalls)
export const listen = keeping(library.listen)
