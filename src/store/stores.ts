import { type Chance, createChance } from '../chance.ts'
import type { Clock } from '../clock.ts'
import type { AuthMode, Durability } from '../modes.ts'
import type { ApiKey } from '../schemas/key.ts'
import type { State } from '../schemas/state.ts'
import { accountStore } from './accounts.ts'
import { carrierStore } from './carriers.ts'
import { createCheckpoints } from './checkpoints.ts'
import { coverageStore } from './coverage.ts'
import { type Database, openDatabase } from './database.ts'
import { faultStore } from './faults.ts'
import { idempotencyStore } from './idempotency.ts'
import { createJournal, type JournalLimits, journalDefaults } from './journal.ts'
import { keyStore } from './keys.ts'
import { phoneNumberStore } from './phone-numbers.ts'
import { rateLimitStore } from './rate-limits.ts'
import { type StateStore, type Stores, stateStore } from './state.ts'
import { startSweeper } from './sweeper.ts'
import { textStore } from './texts.ts'
import { createWriter } from './writer.ts'

/** All stores, open. */
export interface OpenStores extends Stores {
  db: Database
  state: StateStore
  chance: Chance
  close(): Promise<void>
}

interface Options {
  database: string
  durability?: Durability | undefined
  clock: Clock
  /** Makes ids and dice the same in each run. */
  seed?: number | undefined
  auth?: AuthMode
  keys?: ApiKey[]
  /** What to start with, and what a reset leads back to. */
  state?: State | undefined
  journal?: JournalLimits
}

/**
 * Opens the database with all that is kept beside it, and loads the state to start with.
 * @throws {DatabaseError} when the database cannot be used
 */
export async function openStores({
  database,
  durability,
  clock,
  seed,
  auth = 'any',
  keys: atStart = [],
  state: initial,
  journal: limits = journalDefaults
}: Options): Promise<OpenStores> {
  const chance = createChance(seed)
  const db = openDatabase(database, durability)
  const texts = textStore(db)
  const checkpoints = createCheckpoints(db)
  const writer = createWriter(db, texts, checkpoints.committed)
  const context = { db, texts, seeded: chance.seeded }
  const carriers = carrierStore(context)
  const phoneNumbers = phoneNumberStore(context)
  const records = idempotencyStore(context)
  const accounts = accountStore({ resources: [carriers, phoneNumbers], records, clock, chance })
  const stores = {
    writer,
    carriers,
    phoneNumbers,
    records,
    accounts,
    keys: keyStore({ auth, accounts, chance, atStart }),
    faults: faultStore({ accounts, chance }),
    limits: rateLimitStore({ accounts }),
    journal: createJournal(limits),
    coverage: coverageStore()
  }
  const state = stateStore(stores, initial)
  const sweeper = startSweeper({ records, writer, accounts })
  const close = async () => {
    sweeper.stop()
    // The last connection that closes takes the log away.
    await checkpoints.close()
    db.close()
  }
  try {
    await state.loadSeed()
  } catch (error) {
    await close()
    throw error
  }
  return { ...stores, db, state, chance, close }
}
