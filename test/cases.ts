import { mkdirSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { Failure } from '../src/failure.ts'
import { type RuleId, rules, type Source } from '../src/topcalls/rules.ts'
import { readCases } from '../src/verify/cases.ts'
import { defects } from './fixtures/defects/index.ts'

const cases = readCases()
const unseen = (rule: RuleId) => 'unseen' in rules[rule]
const certainty: Record<Source, number> = { fake: 0, inferred: 1, documented: 2 }

t.test('each rule has a case, unless it says why nobody outside can see it', async t => {
  const proved = new Set(cases.flatMap(one => one.rules))
  for (const rule of Object.keys(rules) as RuleId[]) t.equal(proved.has(rule), !unseen(rule), rule)
})

t.test('each rule that a case proves has a server that breaks it', async t => {
  const broken = new Set(defects.map(({ rule }) => rule))
  t.same(
    (Object.keys(rules) as RuleId[]).filter(rule => !unseen(rule) && !broken.has(rule)),
    []
  )
  t.equal(new Set(defects.map(({ name }) => name)).size, defects.length, 'each under a name of its own')
})

t.test('ids and titles are unique', async t => {
  t.equal(new Set(cases.map(({ id }) => id)).size, cases.length)
  t.equal(new Set(cases.map(({ title }) => title)).size, cases.length)
})

t.test('no case is more certain than the surest of its rules', async t => {
  // It may be less certain: some of what a documented rule means is a guess.
  for (const { id, rules: proved, source } of cases) {
    const surest = Math.max(...proved.map(rule => certainty[rules[rule].source]))
    t.ok(certainty[source] <= surest, id)
  }
})

t.test('each documented rule has a documented case, so that its failure ends with 1', async t => {
  const documented = new Set(cases.filter(({ source }) => source === 'documented').flatMap(one => one.rules))
  for (const [rule, { source }] of Object.entries(rules)) {
    if (source === 'documented') t.ok(documented.has(rule as RuleId), rule)
  }
})

t.test('another behaviour speaks of steps that there are, and needs a name for each', async t => {
  for (const { id, steps, otherwise = [] } of cases) {
    const names = new Set(steps.map((step, index) => step.as ?? `step_${index + 1}`))
    for (const { expect } of otherwise)
      t.ok(
        Object.keys(expect).every(name => names.has(name)),
        id
      )
  }
})

t.test('a case that is none is told in a sentence that names file, case and member', async t => {
  const plain = { id: 'a-case', title: 'A case', rules: ['B1'], source: 'documented', steps: [{ send: {} }] }
  const wrong: [unknown, RegExp][] = [
    [
      { ...plain, stepz: [] },
      /^the case a-case of wrong\.yaml cannot be used: stepz is not a member that belongs here\.$/
    ],
    [{ ...plain, rules: ['B99'] }, /^the case a-case of wrong\.yaml cannot be used: rules\.0 must be one of "R1"/],
    [{ ...plain, steps: [] }, /^the case a-case of wrong\.yaml cannot be used: steps must /],
    [{ ...plain, source: 'guessed' }, /: source must be one of "documented", "inferred", "fake"\.$/],
    [{ ...plain, id: undefined }, /^the case \? of wrong\.yaml cannot be used: id is required\.$/],
    [null, /^the case \? of wrong\.yaml cannot be used: .+\.$/]
  ]
  for (const [one, message] of wrong) t.throws(() => readCases(folderWith(t, JSON.stringify([one]))), { message })
})

t.test('a file of cases that is no list, or no YAML, is told in a sentence', async t => {
  for (const content of ['{}', '', 'a: [', '- {a: 1']) {
    const read = () => readCases(folderWith(t, content))
    t.throws(read, new Failure('the cases of wrong.yaml cannot be used: they are no list.'), content)
  }
})

function folderWith(t: { testdir(): string }, content: string): URL {
  const folder = t.testdir()
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/wrong.yaml`, content)
  return pathToFileURL(`${folder}/`)
}
