import t from 'tap'
import { strictnesses } from '../src/modes.ts'
import { startDouble } from './fixtures/double.ts'
import { verified } from './fixtures/verify.ts'

for (const strictness of strictnesses) {
  t.test(`against the fake with strictness ${strictness} everything holds`, async t => {
    const double = await startDouble(t, { fake: { strictness }, patience: 1_500 })
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
