import { randomUUID } from 'node:crypto'
import { createClock } from '../src/clock.ts'
import { derivedAccount } from '../src/store/keys.ts'
import { openStores } from '../src/store/stores.ts'

interface Options {
  carriers: number
  /** How many of them, the newest, were made with a key. */
  records: number
  /** Called now and then with how many carriers are there. */
  tell(carriers: number): void
}

const batch = 20_000
const accounts = 1_000

/** The span in which everything was made; shorter than an idempotency window, so that nothing of it expires meanwhile. */
const spanMilliseconds = 12 * 3_600_000

/** Fills a database file through the stores of the product, as a server that ran for long would have. */
export async function buildBigFile(file: string, { carriers, records, tell }: Options): Promise<void> {
  const stores = await openStores({ database: file, clock: createClock() })
  const { db, carriers: carrier, records: record } = stores
  db.pragma('synchronous = OFF')
  db.pragma('cache_size = -1000000')
  // A tenth belongs to the account that the benchmark then creates for.
  const own = derivedAccount('tc_live_bench')
  const others = Array.from({ length: accounts }, () => randomUUID())
  const begun = Date.now() - spanMilliseconds

  function add(n: number): void {
    const account_id = n % 10 === 0 ? own : (others[Math.floor(Math.random() * accounts)] as string)
    const created_at = begun + Math.floor((n / carriers) * (spanMilliseconds - 60_000))
    const told = {
      id: randomUUID(),
      account_id,
      voip_carrier_sid: randomUUID(),
      sip_gateway_sid: randomUUID(),
      carrier_name: 'Bench',
      trunk_type: 'static_ip' as const
    }
    carrier.insert({
      ...told,
      gateway_ipv4: '203.0.113.10',
      gateway_port: 5060,
      gateway_inbound: 1,
      gateway_outbound: 1,
      registration_password_sent: 0,
      inbound_password_sent: 0,
      created_at
    })
    if (n < carriers - records) return
    record.put({
      account_id,
      key: randomUUID(),
      operation: 'POST /v1/phone-numbers/carriers',
      fingerprint: record.fingerprint(told.id),
      status: 201,
      content_type: 'application/json; charset=utf-8',
      body: JSON.stringify({ ...told, created_at: new Date(created_at).toISOString() }),
      created_at
    })
  }

  const addBatch = db.transaction((from: number, to: number) => {
    for (let n = from; n < to; n++) add(n)
  })
  for (let from = 0; from < carriers; from += batch) {
    addBatch(from, Math.min(from + batch, carriers))
    if (from % 1_000_000 === 0) tell(from)
  }
  db.pragma('wal_checkpoint(TRUNCATE)')
  stores.close()
}
