import t from 'tap'
import { crash } from './soak/crash.ts'

t.test(
  'SIGKILL under load: what was answered is there or gone, replays byte for byte, and nothing is doubled',
  async t => {
    const report = await crash.run({ rounds: 6, clients: 16 }, t.testdir())
    t.ok(Number(report.answered) > 6, JSON.stringify(report))
    t.ok(Number(report.numbers) > 0 && Number(report.deleted) > 0, JSON.stringify(report))
  }
)
