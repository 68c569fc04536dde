import { createChance } from '../chance.ts'
import type { Clock } from '../clock.ts'
import type { AuthMode } from '../modes.ts'
import type { ApiKey } from '../schemas/key.ts'
import type { State } from '../schemas/state.ts'
import { type AccountStore, accountStore } from './accounts.ts'
import { type CarrierStore, carrierStore } from './carriers.ts'
import { type Database, openDatabase } from './database.ts'
import { type FaultStore, faultStore } from './faults.ts'
import { type IdempotencyStore, idempotencyStore } from './idempotency.ts'
import { createJournal, type Journal, type JournalLimits } from './journal.ts'
import { type KeyStore, keyStore } from './keys.ts'
import { type RateLimitStore, rateLimitStore } from './rate-limits.ts'
import { type StateStore, stateStore } from './state.ts'
import { startSweeper } from './sweeper.ts'
import { createWriter, type Writer } from './writer.ts'

/** Everything that is known: in the database, and in memory for as long as the server runs. */
export interface Stores {
  db: Database
  writer: Writer
  carriers: CarrierStore
  records: IdempotencyStore
  accounts: AccountStore
  keys: KeyStore
  faults: FaultStore
  limits: RateLimitStore
  journal: Journal
}

interface Options {
  database: string
  clock: Clock
  /** Makes ids and dice the same in each run. */
  seed: number | undefined
  auth: AuthMode
  keys: ApiKey[]
  /** What to start with, and what a reset leads back to. */
  state: State | undefined
  journal: JournalLimits
}

/**
 * Opens the database with all that is kept beside it, and loads the state to start with.
 * @throws {DatabaseError} when the database cannot be used
 */
export async function openStores({
  database,
  clock,
  seed,
  auth,
  keys: atStart,
  state: initial,
  journal: limits
}: Options) {
  const chance = createChance(seed)
  const db = openDatabase(database)
  const writer = createWriter(db)
  const carriers = carrierStore(db)
  const records = idempotencyStore(db)
  const accounts = accountStore({ carriers, records, clock, chance })
  const stores: Stores = {
    db,
    writer,
    carriers,
    records,
    accounts,
    keys: keyStore({ auth, accounts, chance, atStart }),
    faults: faultStore({ accounts, chance }),
    limits: rateLimitStore({ accounts }),
    journal: createJournal(limits)
  }
  const state: StateStore = stateStore(stores, initial)
  try {
    await state.loadSeed()
  } catch (error) {
    db.close()
    throw error
  }
  const sweeper = startSweeper({ records, writer, accounts })
  const close = () => {
    sweeper.stop()
    db.close()
  }
  return { ...stores, state, chance, close }
}
