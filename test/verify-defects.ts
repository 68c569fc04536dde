import t from 'tap'
import { type RuleId, rules } from '../src/topcalls/rules.ts'
import { readCases } from '../src/verify/cases.ts'
import { defects } from './fixtures/defects/index.ts'
import { startDouble } from './fixtures/double.ts'
import { verified } from './fixtures/verify.ts'

for (const defect of defects) {
  t.test(`where ${defect.name}, ${defect.case} fails and names ${defect.rule}`, async t => {
    const { rule, also = { cases: [] }, strictness = 'inferred', server = {} } = defect
    const double = await startDouble(t, { ...server, manner: defect.manner?.(), fake: { strictness } })

    const { code, failed } = await verified(double.url, { slow: server.patience !== undefined })

    const found = failed.get(defect.case)
    t.ok(found?.rules.includes(rule), `the report of ${defect.case} names the rule`)
    t.ok(found?.differences.length, 'and what was expected and seen')
    const others = [...failed].filter(([id, { rules }]) => id !== defect.case && !rules.includes(rule))
    t.same(others.map(([id]) => id).sort(), [...also.cases].sort(), 'of other rules only those fail that cannot hold')
    // Who trusts the documented rules only looks for 1.
    t.equal(code, rules[rule].source === 'documented' && !defect.guess ? 1 : 3)
  })
}

t.test('there is such a server for each rule that a case proves', async t => {
  const proved = new Set(readCases().flatMap(one => one.rules))
  t.same(
    [...proved].filter((rule: RuleId) => !defects.some(defect => defect.rule === rule)),
    []
  )
  t.ok(defects.length >= 40)
  t.equal(new Set(defects.map(({ name }) => name)).size, defects.length)
})

for (const strictness of ['documented', 'inferred', 'strict'] as const) {
  t.test(`against the fake with strictness ${strictness} everything holds`, async t => {
    const double = await startDouble(t, { fake: { strictness }, patience: 300 })
    const { code, failed, out } = await verified(double.url, { slow: true })
    t.same([...failed.keys()], [])
    t.equal(code, 0)
    t.match(out, / held, 0 failed, 0 differ, /)
    t.notMatch(out, /skipped.*needs/, 'every case runs but those of another strictness')
  })
}

t.test('without the control plane everything else holds', async t => {
  const double = await startDouble(t)
  const { code, failed, out } = await verified(double.url, { noControl: true })
  t.same([...failed.keys()], [])
  t.equal(code, 0)
  t.match(out, /skipped .*: needs a control plane/)
  t.notOk(double.asked.some(({ path }) => path.startsWith('/_topcalls/')))
})
