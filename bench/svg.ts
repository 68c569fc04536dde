import type { Results } from './results.ts'
import { base } from './rows.ts'

interface Bar {
  row: string
  value: number
  /** What stands behind the value. */
  note?: string
}

interface Panel {
  title: string
  bars: Bar[]
  told(value: number): string
}

const width = 840
const labelWidth = 310
const valueWidth = 170
const barHeight = 18
const lineHeight = 25
const panelGap = 22
const titleHeight = 30

/** Bars of what a user feels: answers per second, the start, memory. It follows the colours of the page around it. */
export function picture({ throughput = [], start = [], memory = [], labels, conditions }: Results): string {
  const all: Panel[] = [
    {
      title: 'Answers per second at 32 connections',
      bars: throughput
        .filter(({ connections }) => connections === 32)
        .map(({ row, perSecond }) => ({ row, value: perSecond.median })),
      told: value => Math.round(value).toLocaleString('en')
    },
    {
      title: 'Start of the process to its first answer: less is better',
      bars: start.map(({ row, milliseconds }) => ({ row, value: milliseconds.median })),
      told: value => `${Math.round(value)} ms`
    },
    {
      title: 'Resident memory after requests: less is better',
      bars: memory.map(({ row, after, requests }) => ({
        row,
        value: after,
        note: ` after ${requests.toLocaleString('en')}`
      })),
      told: value => `${Math.round(value)} MB`
    }
  ]
  const panels = all.filter(({ bars }) => bars.length > 0)

  let y = 0
  const drawn = panels.map(panel => {
    const top = y
    y += titleHeight + panel.bars.length * lineHeight + panelGap
    return panelAt(panel, top, labels)
  })
  const footer = `${conditions.cpu}, ${conditions.cores} cores, Node ${conditions.node}; the load generator on the same machine`
  const height = y + 20
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
<title id="title">fake-topcalls beside bare servers and other mocks</title>
<style>
  text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px }
  .note { font-size: 11px; fill: #59636e }
  .ours { fill: #0969da }
  .floor { fill: #8c959f }
  .peer { fill: #bf8700 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .note { fill: #9198a1 }
    .ours { fill: #4493f8 }
    .floor { fill: #6e7681 }
    .peer { fill: #d29922 }
  }
</style>
${drawn.join('\n')}
<text class="note" x="0" y="${height - 6}">${escaped(footer)}</text>
</svg>
`
}

function panelAt({ title, bars, told }: Panel, top: number, labels: Record<string, string>): string {
  const scale = (width - labelWidth - valueWidth) / Math.max(...bars.map(({ value }) => value))
  const lines = bars.map(({ row, value, note = '' }, index) => {
    const y = top + titleHeight + index * lineHeight
    const length = Math.max(1, value * scale)
    return `<text x="${labelWidth - 10}" y="${y + 14}" text-anchor="end">${escaped(labels[row] ?? row)}</text>
<rect class="${kindOf(row)}" x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="2"/>
<text x="${(labelWidth + length + 6).toFixed(1)}" y="${y + 14}">${told(value)}${note}</text>`
  })
  return `<text class="title" x="0" y="${top + 16}">${escaped(title)}</text>\n${lines.join('\n')}`
}

function kindOf(row: string): 'floor' | 'ours' | 'peer' {
  if (row === 'http' || row === 'sqlite' || row === base) return 'floor'
  return ['express', 'prism', 'mockoon'].includes(row) ? 'peer' : 'ours'
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
