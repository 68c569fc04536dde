import type { RowsByAccount } from './rows.ts'

/** What a document leaves open. */
export interface Reading {
  account_id: string
  /** Where ids come from that it does not give. */
  newId(): string
  /** The date of what has none. */
  now: number
  /** Whether its fingerprints were made with the secret of this database; others say nothing here. */
  comparable: boolean
}

/** A table as exports, imports and resets see it. */
export interface StateTable<Stored = unknown> {
  accounts(): string[]
  isEmpty(account: string): boolean
  /** The newest instant of an account, or 0. */
  newestAt(account: string): number
  clear(account?: string): number
  /** Everything of an account, as a document has it. */
  stored(account: string): Stored[]
  /** Reads what a document has of an account, and returns what puts it into the table; that may be done more than once. */
  reading(stored: Stored[], reading: Reading): () => void
}

interface Conversions<Row, Stored> {
  storedOf(row: Row): Stored
  rowOf(stored: Stored, reading: Reading): Row
  insert(row: Row): void
}

/** How rows come into a document and back. */
export function stateTable<Row extends { account_id: string }, Stored>(
  table: Pick<RowsByAccount<Row>, 'all'>,
  { storedOf, rowOf, insert }: Conversions<Row, Stored>
): Pick<StateTable<Stored>, 'stored' | 'reading'> {
  return {
    stored: account => table.all(account).map(storedOf),
    reading(stored, reading) {
      const rows = stored.map(one => rowOf(one, reading))
      return () => rows.forEach(insert)
    }
  }
}
