import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { load } from './load.ts'
import { allRows } from './rows.ts'
import { launch } from './server.ts'

// Whether the own client is right, and what it saves: it and autocannon load one server in turns.
// node bench/against-autocannon.ts

const seconds = 3
const body = JSON.stringify({ carrier_name: 'Bench', sip_gateway: { ipv4: '203.0.113.10' } })
const headers = { authorization: 'Bearer tc_live_bench', 'content-type': 'application/json' }

type Figures = { answers: number; perSecond: number; p50: number; p99: number }

async function own(port: number, connections: number): Promise<Figures> {
  return await load({ port, connections, kind: 'keyed', status: 201, seconds })
}

async function others(port: number, connections: number): Promise<Figures> {
  const { requests, duration, latency } = await autocannon({
    url: `http://127.0.0.1:${port}/v1/phone-numbers/carriers`,
    connections,
    duration: seconds,
    requests: [
      {
        method: 'POST',
        body,
        setupRequest: (request: object) => ({ ...request, headers: { ...headers, 'idempotency-key': randomUUID() } })
      }
    ]
  })
  return { answers: requests.total, perSecond: requests.total / duration, p50: latency.p50, p99: latency.p99 }
}

const folder = mkdtempSync(join(tmpdir(), 'fake-topcalls-bench-'))
const [http] = allRows(folder, '')
if (!http) throw new Error('there are no rows')
const server = await launch(http, folder)
try {
  const lines = []
  for (const connections of [1, 32, 256, 1, 32, 256]) {
    for (const client of [own, others]) {
      const before = process.cpuUsage()
      const cpuBefore = server.cpuSeconds()
      const { answers, perSecond, p50, p99 } = await client(server.port, connections)
      const { user, system } = process.cpuUsage(before)
      lines.push({
        client: client === own ? 'own' : 'autocannon',
        connections,
        'per second': Math.round(perSecond),
        'p50 ms': p50.toFixed(2),
        'p99 ms': p99.toFixed(2),
        'CPU of the client, µs': ((user + system) / answers).toFixed(1),
        'CPU of the server, µs': (((server.cpuSeconds() - cpuBefore) / answers) * 1e6).toFixed(1)
      })
    }
  }
  console.table(lines)
} finally {
  await server.stop()
  rmSync(folder, { recursive: true })
}
