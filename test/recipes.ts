import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { program } from './fixtures/program.ts'

const page = readFileSync(new URL('../docs/testing.md', import.meta.url), 'utf8')
const library = fileURLToPath(new URL('../src/index.ts', import.meta.url))

/** The code of the page: its language, what stands behind that, the heading above it, and the code. */
const blocks = [...page.matchAll(/```(ts|sh) ?(\S*)\n(.*?)```/gs)].map(
  ({ 1: language, 2: mark, 3: code = '', index }) => ({
    language,
    mark,
    title:
      page
        .slice(0, index)
        .match(/^## .*/gm)
        ?.at(-1) ?? '',
    code: code.replace("from 'fake-topcalls'", `from '${library}'`)
  })
)
const recipes = blocks.filter(({ mark }) => mark !== 'client.ts')

const folder = t.testdir({ 'client.ts': blocks.find(({ mark }) => mark === 'client.ts')?.code ?? '' })

t.test('the page has the recipes that people look for', t => {
  for (const title of ['lost answer', '24 hours', '429', 'slow upstream', 'revoked key', 'Parallel suites', 'Reset']) {
    t.ok(
      recipes.some(recipe => recipe.title.includes(title)),
      title
    )
  }
  t.end()
})

for (const [index, { language, mark, title, code }] of recipes.entries()) {
  t.test(`recipe ${index + 1}, ${title.slice(3)} (${language})`, async t => {
    const file = join(folder, `recipe-${index + 1}.${language}`)
    writeFileSync(file, code)
    const command = language === 'ts' ? [process.execPath, file] : ['sh', '-e', file]
    const inExec = language === 'sh' || mark === 'exec'
    const [executable = '', ...args] = inExec ? [process.execPath, program, 'exec', '--', ...command] : command
    const child = spawn(executable, args)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', data => (output += data))
    const [exitCode] = await once(child, 'close')
    t.equal(exitCode, 0, output)
  })
}
