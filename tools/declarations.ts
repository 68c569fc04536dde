import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

// Leaves of tsc's declarations those that the library's own need: a seventh.

const folder = 'dist/types'
const needed = new Set<string>()

function need(file: string): void {
  if (needed.has(file)) return
  needed.add(file)
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/(?:from |import\()["'](\.[^"']+)\.ts["']/g)) {
    need(join(dirname(file), `${path}.d.ts`))
  }
}

need(join(folder, 'index.d.ts'))
for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  const file = join(folder, name)
  if (statSync(file).isFile() && !needed.has(file)) rmSync(file)
}
// The program is CommonJS, but declarations that import typebox's must be ECMAScript as they are.
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
