import fc from 'fast-check'
import t from 'tap'
import { buildApp } from '../src/app.ts'
import { start } from './fixtures/model.ts'
import { commands } from './fixtures/model-commands.ts'
import { holdsThroughout, world } from './fixtures/model-world.ts'

// Of few kinds of commands more of the same kind meet, so each run goes without some.
const plans = fc
  .subarray(commands, { minLength: 4 })
  .chain(some => fc.commands(some, { maxCommands: 150, size: 'max' }))

for (const strictness of ['inferred', 'strict'] as const) {
  t.test(`whatever two accounts do, all answers are those of the ledger, in ${strictness}`, async t => {
    await fc.assert(
      fc.asyncProperty(plans, async plan => {
        const app = await buildApp({ strictness, clock: new Date(start).toISOString() })
        const model = world(strictness === 'strict')
        try {
          await fc.asyncModelRun(() => ({ model, real: app }), plan)
          await holdsThroughout(model, app)
        } finally {
          await app.close()
        }
      }),
      { numRuns: 35 }
    )
    t.pass()
  })
}
