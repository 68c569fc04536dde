import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { measureDisk } from './disk.ts'
import { measureGrowth } from './growth.ts'
import { measureMemory } from './memory.ts'
import { report } from './report.ts'
import { type Part, parts, type Results } from './results.ts'
import { allRows } from './rows.ts'
import { measureSizes } from './sizes.ts'
import { measureStarts } from './start.ts'
import { picture } from './svg.ts'
import { measureThroughput } from './throughput.ts'

// Measures fake-topcalls, bare servers and peers on this machine in one run; only the ratios mean anything elsewhere.

const usage = `Usage: npm run bench -- [options]
  --quick           a few minutes instead of about twenty
  --rounds N        how often each row is measured (7; quick: 2)
  --seconds N       how long each time (3; quick: 1)
  --stored N        carriers in the big file (10000000; quick: 300000)
  --only ROWS       some rows, such as http,fastify,keyed
  --parts PARTS     some of ${parts.join(',')}
  --program FILE    the built program (dist/main.js)
  --folder FOLDER   where databases and logs are kept meanwhile; the disk that is measured
  --json FILE       where the figures go (bench/results/latest.json)
  --svg FILE        where the picture goes (bench/results/latest.svg)
`

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: {
    ...{ quick: { type: 'boolean' }, help: { type: 'boolean' } },
    ...{
      rounds: text,
      seconds: text,
      stored: text,
      only: text,
      parts: text,
      program: text,
      folder: text,
      json: text,
      svg: text
    }
  }
})
if (values.help) {
  process.stdout.write(usage)
  process.exit()
}

const here = import.meta.dirname
const quick = values.quick === true
const number = (given: string | undefined, usual: number, usualIfQuick: number) => {
  const value = given === undefined ? (quick ? usualIfQuick : usual) : Number(given)
  if (!(value > 0)) throw new Error(`not a number above 0: ${given}`)
  return value
}
const rounds = number(values.rounds, 7, 2)
const seconds = number(values.seconds, 3, 1)
const carriers = number(values.stored, 10_000_000, 300_000)
const program = resolve(values.program ?? join(here, '../dist/main.js'))
if (!existsSync(program)) throw new Error(`${program} is missing: npm run build`)

const folder = mkdtempSync(join(values.folder ?? tmpdir(), 'fake-topcalls-bench-'))
const begun = performance.now()
const tell = (message: string) =>
  process.stderr.write(`${Math.round((performance.now() - begun) / 1_000)} s: ${message}\n`)

try {
  const results = await measure()
  const { json = join(here, 'results/latest.json'), svg = join(here, 'results/latest.svg') } = values
  for (const file of [json, svg]) mkdirSync(dirname(resolve(file)), { recursive: true })
  writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(svg, picture(results))
  process.stdout.write(`${report(results)}\n`)
} finally {
  rmSync(folder, { recursive: true })
}

async function measure(): Promise<Results> {
  const known = allRows(folder, program)
  const names = chosen(
    values.only,
    known.map(({ name }) => name)
  )
  const rows = known.filter(({ name }) => names.includes(name))
  const programs = rows.filter(row => row.program)
  const keyed = known.find(({ name }) => name === 'keyed')
  if (!keyed) throw new Error('there is no row with keys')
  const wanted = chosen(values.parts, [...parts])
  const wants = (part: Part) => wanted.includes(part)

  const results: Results = {
    conditions: {
      date: new Date().toISOString().slice(0, 10),
      cpu: cpus()[0]?.model.trim() ?? '',
      cores: cpus().length,
      node: process.version,
      // Anything but about 0 says that something else ran.
      'load before': loadavg()[0]?.toFixed(1) ?? '',
      rounds,
      seconds
    },
    labels: Object.fromEntries(known.map(({ name, label }) => [name, label]))
  }
  if (wants('sizes')) results.sizes = measureSizes().filter(({ row }) => names.includes(row))
  if (wants('start')) {
    results.start = await measureStarts({ rows: programs, folder, rounds: rounds * 3 })
    tell('starts measured')
  }
  if (wants('memory')) {
    const most = { requests: quick ? 50_000 : 200_000, atMostSeconds: quick ? 5 : 30 }
    // What the target speaks of is measured in full in any case.
    const [full, capped] = [programs.filter(row => row === keyed), programs.filter(row => row !== keyed)]
    const measured = [
      ...(await measureMemory({ rows: full, folder, requests: 200_000, atMostSeconds: 120 })),
      ...(await measureMemory({ rows: capped, folder, ...most }))
    ]
    results.memory = measured.toSorted((a, b) => names.indexOf(a.row) - names.indexOf(b.row))
    tell('memory measured')
  }
  if (wants('throughput')) results.throughput = await measureThroughput({ rows, folder, rounds, seconds, tell })
  if (wants('disk')) {
    const creates = quick ? 50_000 : 200_000
    results.disk = await measureDisk({ row: keyed, program, folder, rounds: rounds * 3, creates })
    tell('disk measured')
  }
  if (wants('growth')) {
    results.growth = await measureGrowth({ row: keyed, program, folder, carriers, rounds, seconds, tell })
  }
  return results
}

/** The words of a list that are known. */
function chosen(list: string | undefined, known: string[]): string[] {
  const words = list?.split(',') ?? known
  const strange = words.filter(word => !known.includes(word))
  if (strange.length > 0) throw new Error(`no such thing as ${strange.join()}; there are ${known.join()}`)
  return words
}
