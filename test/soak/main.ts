import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { connections } from './connections.ts'
import { crash } from './crash.ts'
import { disk } from './disk.ts'
import { endurance } from './endurance.ts'
import { expiry } from './expiry.ts'
import { fuzz } from './fuzz.ts'
import { inspector } from './inspector.ts'
import { lock } from './lock.ts'
import { powerLoss } from './power-loss.ts'
import { processes } from './processes.ts'
import type { Soak } from './soak.ts'

// npm run soak -- crash --rounds 200

const programs: Record<string, Soak<Record<string, number>>> = {
  connections,
  crash,
  disk,
  endurance,
  expiry,
  fuzz,
  inspector,
  lock,
  'power-loss': powerLoss,
  processes
}

const [name = '', ...args] = process.argv.slice(2)
const soak = programs[name]
if (!soak) {
  const lines = Object.entries(programs).map(([name, { proves, options }]) => {
    const flags = Object.entries(options).map(([option, value]) => `--${option} ${value}`)
    return `  ${name} ${flags.join(' ')}\n      proves that ${proves}\n`
  })
  process.stderr.write(`Usage: npm run soak -- PROGRAM [options]\n\n${lines.join('')}`)
  process.exit(2)
}

const { values } = parseArgs({
  args,
  options: Object.fromEntries(Object.keys(soak.options).map(option => [option, { type: 'string' as const }]))
})
const given = Object.entries(values).map(([option, value]) => [option, Number(value)])
const folder = mkdtempSync(join(tmpdir(), 'fake-topcalls-soak-'))
try {
  const begun = performance.now()
  const report = await soak.run({ ...soak.options, ...Object.fromEntries(given) }, folder)
  const seconds = Math.round((performance.now() - begun) / 1_000)
  process.stdout.write(`${name}: kept, in ${seconds} s\n${JSON.stringify(report, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
