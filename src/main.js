// The program as it runs from its sources; main.built.js is what dist/ has in its place.
import module from 'node:module'
import { join } from 'node:path'
import { preflight } from './preflight.js'

if (preflight()) {
  module.enableCompileCache(join(import.meta.dirname, '..', '.compile-cache'))
  import('./cli.ts').then(({ main }) => main())
}
