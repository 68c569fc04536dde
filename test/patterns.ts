import { globSync, readFileSync } from 'node:fs'
import { check } from 'recheck'
import t from 'tap'
import { buildApp } from '../src/app.ts'
import { strictnesses } from '../src/modes.ts'
import { type Pattern, patternsIn } from './fixtures/patterns.ts'

// The checker runs in this process, and neither as a program of its own nor in Java.
process.env.RECHECK_BACKEND = 'pure'

const folder = new URL('..', import.meta.url)

/** A checker without clocks says the same on a slow machine. */
const withoutClocks = { timeout: null, attackTimeout: null, incubationTimeout: null }

/** How the time of a pattern grows with the text, where that is more than linear. */
async function blowUpOf({ source, flags }: Pattern): Promise<string | undefined> {
  const result = await check(source, flags, withoutClocks)
  if (result.status === 'safe') return undefined
  return result.status === 'vulnerable' ? result.complexity.summary : result.error.kind
}

const sources = globSync('src/**/*.{ts,js}', { cwd: folder }).flatMap(file =>
  patternsIn(readFileSync(new URL(file, folder), 'utf8'), file)
)

t.test('every pattern of the sources takes linear time', async t => {
  t.ok(sources.length > 50, `${sources.length} patterns were found`)
  for (const pattern of sources) t.equal(await blowUpOf(pattern), undefined, `${pattern.place} /${pattern.source}/`)
})

t.test('every pattern of the OpenAPI documents is one of those', async t => {
  const known = new Set(sources.map(({ source }) => source))
  const told = new Set<string>()
  for (const strictness of strictnesses) {
    const app = await buildApp({ strictness })
    t.teardown(() => app.close())
    for (const path of ['/_topcalls/openapi.json', '/_topcalls/v1/openapi.json']) {
      const { body } = await app.inject({ url: path, headers: { host: 'localhost' } })
      JSON.parse(body, (name, value) => {
        if (name === 'pattern') told.add(value)
        return value
      })
    }
  }
  t.ok(told.size > 10, `${told.size} patterns are told`)
  for (const source of told) t.ok(known.has(source), source)
})

t.test('a pattern that backtracks is found in every form in which it may be written', async t => {
  const unsafe = [
    'const form = /^(a+)+$/',
    'text.replace(/(a|a)*b/g, "")',
    "export const form: RegExp = new RegExp('^(a+)+$', 'u')",
    `const inner = "a|a"\nconst form = RegExp(\`(\${inner})*b\`)`,
    `const some = /a+/\nconst form = new RegExp(\`^(?:\${some.source})+$\`)`,
    `const least = (n: number) => Type.String({ pattern: \`^(\${n > 0 ? 'a' : 'a+'})+$\` })`,
    "const schema = { 'pattern': '^(a' + '+)+$' }",
    'text.match("(a|a)*b")',
    'const trim = (text: string) => text.replace(/\\s+$/, "")'
  ]
  for (const code of unsafe) {
    const found = await Promise.all(patternsIn(code, 'x.ts').map(blowUpOf))
    t.ok(found.some(Boolean), code)
  }
  t.same(patternsIn('function fits({ pattern }: Rule) {}', 'x.ts'), [])
})

t.test('a pattern that only the running program knows is refused', async t => {
  for (const code of ['new RegExp(given)', 'const schema = { pattern: given() }', 'new RegExp("a", flags)']) {
    t.throws(() => patternsIn(`\n${code}`, 'x.ts'), { message: /^x\.ts:2: / }, code)
  }
})
