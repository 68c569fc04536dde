import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'

// Creates per second against a bare Fastify with the same schemas and no storage, in turns, so that a drift of the
// machine hits every row alike. Usage: npm run bench -- [--rounds 5] [--seconds 5] [--connections 32]
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '32' }
  }
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const connections = Number(values.connections)

const folder = mkdtempSync(join(tmpdir(), 'fake-topcalls-bench-'))
const server = (database: string) => ['../src/main.js', '--port', '0', '--database', database]
const fresh = () => ({ 'idempotency-key': randomUUID() })
const rows = [
  // Sends the same headers as the keyed row, so that both cost the client the same.
  { name: 'bare Fastify, same schemas, no storage', args: ['bare-fastify.ts'], headers: fresh },
  { name: 'fake-topcalls, file, FULL, create with key', args: server(join(folder, 'keyed.db')), headers: fresh },
  { name: 'fake-topcalls, file, FULL, create', args: server(join(folder, 'plain.db')), headers: () => ({}) },
  {
    name: 'fake-topcalls, file, FULL, replay',
    args: server(join(folder, 'replay.db')),
    headers: () => ({ 'idempotency-key': 'always-the-same' })
  },
  { name: 'fake-topcalls, in memory, create with key', args: server(':memory:'), headers: fresh }
]

const body = JSON.stringify({ carrier_name: 'Bench', sip_gateway: { ipv4: '203.0.113.10' } })
const children: ChildProcess[] = []

async function start(args: string[]): Promise<string> {
  const log = openSync(join(folder, 'log'), 'a')
  const [script = '', ...rest] = args
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...rest], {
    stdio: ['ignore', 'pipe', log]
  })
  children.push(child)
  const [line] = await once(createInterface(child.stdout as NodeJS.ReadableStream), 'line')
  return JSON.parse(String(line)).url
}

async function measure(url: string, headers: () => Record<string, string>, duration: number) {
  const result = await autocannon({
    url: `${url}/v1/phone-numbers/carriers`,
    connections,
    duration,
    requests: [
      {
        method: 'POST',
        body,
        setupRequest: (request: object) => ({
          ...request,
          headers: { authorization: 'Bearer tc_live_bench', 'content-type': 'application/json', ...headers() }
        })
      }
    ]
  })
  const answered = result.statusCodeStats['201']?.count ?? 0
  // A fast error is not throughput.
  if (result.errors > 0 || answered !== result.requests.total) {
    throw new Error(`${url}: ${JSON.stringify({ statuses: result.statusCodeStats, errors: result.errors })}`)
  }
  return { perSecond: result.requests.total / result.duration, p50: result.latency.p50, p99: result.latency.p99 }
}

function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return (low + high) / 2
}

try {
  const running = []
  for (const row of rows)
    running.push({ ...row, url: await start(row.args), results: [] as Awaited<ReturnType<typeof measure>>[] })
  for (const { url, headers } of running) await measure(url, headers, 2)
  for (let round = 1; round <= rounds; round++) {
    for (const { url, headers, results } of running) results.push(await measure(url, headers, seconds))
    process.stderr.write(`round ${round} of ${rounds}\n`)
  }

  const [base] = running
  const lines = running.map(({ name, results }) => ({
    row: name,
    'per second': Math.round(median(results.map(({ perSecond }) => perSecond))),
    'lowest to highest': `${Math.round(Math.min(...results.map(r => r.perSecond)))} to ${Math.round(Math.max(...results.map(r => r.perSecond)))}`,
    'p50 ms': median(results.map(({ p50 }) => p50)),
    'p99 ms': median(results.map(({ p99 }) => p99)),
    // Pairs of the same round, so that the machine's drift falls out.
    ratio: median(
      results.map(({ perSecond }, round) => perSecond / (base?.results[round]?.perSecond ?? Number.NaN))
    ).toFixed(2)
  }))
  process.stdout.write(
    `${connections} connections, ${rounds} rounds of ${seconds} s each in turns, medians, Node ${process.version}\n`
  )
  console.table(lines)
} finally {
  for (const child of children) child.kill()
  rmSync(folder, { recursive: true })
}
