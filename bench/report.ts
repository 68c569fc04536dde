import type { Results } from './results.ts'
import type { Summary } from './statistics.ts'
import { targets, verdictOf } from './targets.ts'
import { connectionCounts } from './throughput.ts'

type Table = Record<string, string | number>[]

/** Everything that was measured, as tables for people. */
export function report(results: Results): string {
  const { conditions, growth, disk } = results
  const heading = Object.entries(conditions)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')
  return [
    heading,
    ...connectionCounts.map(connections => titled(`${connections} connections`, throughputTable(results, connections))),
    titled('programs', programTable(results)),
    disk && titled('disk', [diskLine(disk)]),
    growth && titled('growth', growthTable(growth)),
    titled('targets', targetTable(results))
  ]
    .filter(part => part)
    .join('\n\n')
}

function throughputTable({ throughput = [], labels }: Results, connections: number): Table {
  return throughput
    .filter(one => one.connections === connections)
    .map(({ row, perSecond, ratio, p50, p99, p99Ratio, cpu }) => ({
      row: labels[row] ?? row,
      'per second': Math.round(perSecond.median),
      'lowest to highest': spread(perSecond),
      'against Fastify': ratio.toFixed(2),
      'p50 ms': p50.toFixed(2),
      'p99 ms': p99.toFixed(2),
      'p99 against Fastify': p99Ratio.toFixed(2),
      'CPU µs': cpu.toFixed(1)
    }))
}

function programTable({ start = [], memory = [], sizes = [], labels }: Results): Table {
  const rows = [...new Set([...start, ...memory, ...sizes].map(({ row }) => row))]
  return rows.map(row => {
    const begun = start.find(one => one.row === row)?.milliseconds
    const held = memory.find(one => one.row === row)
    const size = sizes.find(one => one.row === row)
    return {
      row: labels[row] ?? row,
      'first answer ms': begun ? Math.round(begun.median) : '',
      'lowest to highest': begun ? spread(begun) : '',
      'idle MB': held ? Math.round(held.idle) : '',
      'after MB': held ? Math.round(held.after) : '',
      'peak MB': held ? Math.round(held.peak) : '',
      requests: held?.requests ?? '',
      'installed MB': size ? size.installed.toFixed(1) : '',
      packages: size?.packages ?? '',
      'packed kB': size?.packed?.toFixed(0) ?? ''
    }
  })
}

function diskLine({ create, sync, ratio, creates, bytesPerCreate }: NonNullable<Results['disk']>) {
  return {
    'one create ms': create.median.toFixed(3),
    'lowest to highest': spread(create, 3),
    'sync of 4 KiB ms': sync.median.toFixed(3),
    'lowest to highest ': spread(sync, 3),
    ratio: ratio.toFixed(2),
    creates,
    'bytes per create': Math.round(bytesPerCreate)
  }
}

function growthTable({ carriers, gigabytes, start, creates }: NonNullable<Results['growth']>): Table {
  const big = `${carriers} carriers, ${gigabytes.toFixed(1)} GB`
  return [
    {
      what: 'start to first answer, ms',
      empty: spread(start.empty),
      [big]: spread(start.big),
      ratio: start.ratio.toFixed(2)
    },
    {
      what: 'creates/s; cost of one',
      empty: spread(creates.empty),
      [big]: spread(creates.big),
      ratio: creates.ratio.toFixed(2)
    }
  ]
}

function targetTable(results: Results): Table {
  return targets(results).map(target => {
    const { what, measured, unit, atLeast, aim, more } = target
    const verdict = verdictOf(target)
    const bound = (value: number) => `${more ? '≥' : '≤'} ${value}${unit}`
    return {
      what,
      measured: verdict === 'not measured' ? '' : `${Number((measured as number).toPrecision(3))}${unit}`,
      'at least': bound(atLeast),
      aim: bound(aim),
      '': verdict
    }
  })
}

function spread({ lowest, highest }: Summary, digits = 0): string {
  return `${lowest.toFixed(digits)} to ${highest.toFixed(digits)}`
}

/** A table as Markdown, padded so that a terminal shows it as well. */
function titled(title: string, table: Table): string {
  const [first] = table
  if (!first) return ''
  const names = Object.keys(first)
  const cells = [names, ...table.map(line => names.map(name => String(line[name] ?? '')))]
  const widths = names.map((_, column) => Math.max(...cells.map(line => line[column]?.length ?? 0)))
  const isText = (column: number) => column === 0
  const lines = cells.map(line => {
    const padded = line.map((cell, column) =>
      isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    )
    return `| ${padded.join(' | ')} |`
  })
  const rule = `|${widths.map((width, column) => (isText(column) ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [`### ${title}`, '', lines[0], rule, ...lines.slice(1)].join('\n')
}
