import type { Database } from './database.ts'
import { locatedIds } from './located-ids.ts'
import { type Numbered, rowsByAccount } from './rows.ts'
import { noText, type TextStore } from './texts.ts'

/** Something that clients know by an id. */
interface ResourceRow {
  id: string
  account_id: string
  /** Milliseconds since 1970-01-01 UTC. */
  created_at: number
}

/** A place in a list that is newest first. */
export interface Position {
  created_at: number
  rowid: number
}

/** Behind it are all rows. */
const start: Position = { created_at: Number.MAX_SAFE_INTEGER, rowid: Number.MAX_SAFE_INTEGER }

/** What every store works with. */
export interface StoreContext {
  db: Database
  texts: TextStore
  /** Whether ids come from sequences, and so cannot tell their row. */
  seeded: boolean
}

interface Options<Row> extends StoreContext {
  table: string
  /** All columns but the account. */
  columns: readonly (keyof Row & string)[]
  /** Those by which rows are looked up; each needs an index of the rows with `given_ids`. */
  ids: readonly (keyof Row & string)[]
  /** Those with instants at which a row changed. */
  instants: readonly (keyof Row & string)[]
  /** A condition for rows that are listed. */
  listed?: string
}

/** What holds for each table of things that clients know by ids, beside what holds for every table with an `account`. */
export function resourceRows<Row extends ResourceRow>(options: Options<Row>) {
  const { db, texts, seeded, table, columns, ids, instants, listed = 'true' } = options
  type Stored = Omit<Row, 'account_id'> & { account: number; rowid: number }
  const located = locatedIds(db)
  const rows = rowsByAccount<Row>(db, texts, table)
  const { told, ofAccount } = rows

  // Bound by position: by name takes twice as long.
  const insert = db.prepare<(string | number | null)[]>(
    `INSERT INTO ${table} (rowid, given_ids, account, ${columns}) VALUES (?, ?, ?, ${columns.map(() => '?')})`
  )
  const greatest = db.prepare<[], number | null>(`SELECT max(rowid) FROM ${table}`).pluck()
  const last = db
    .prepare<[account: number], string>(`SELECT id FROM ${table} WHERE account = ? ORDER BY rowid DESC LIMIT 1`)
    .pluck()
  const newest = instants.map(instant =>
    db.prepare<[account: number], number | null>(`SELECT max(${instant}) FROM ${table} WHERE account = ?`).pluck()
  )
  const find = (column: string) => ({
    located: db.prepare<[rowid: number, id: string, account: number | null], Stored>(
      `SELECT * FROM ${table} WHERE rowid = ? AND ${column} = ? AND account = ifnull(?, account)`
    ),
    given: db.prepare<[id: string, account: number | null], Stored>(
      `SELECT * FROM ${table} WHERE ${column} = ? AND given_ids AND account = ifnull(?, account)`
    )
  })
  const finders = Object.fromEntries(ids.map(column => [column, find(column)]))
  // SQLite seeks by the first of `(created_at, rowid) < (?, ?)` only, and on a clock that stands still all rows are of one instant.
  const sameInstant = db.prepare<[account: number, created_at: number, rowid: number, limit: number], Stored>(
    `SELECT * FROM ${table} WHERE account = ? AND created_at = ? AND rowid < ? AND ${listed} ORDER BY rowid DESC LIMIT ?`
  )
  const earlier = db.prepare<[account: number, created_at: number, limit: number], Stored>(
    `SELECT * FROM ${table} WHERE account = ? AND created_at < ? AND ${listed}
     ORDER BY created_at DESC, rowid DESC LIMIT ?`
  )

  /** The greatest row number that was given: were it given again after a deletion, a new row could be behind an old cursor. */
  let mark = 0

  function behind(account: number, limit: number, { created_at, rowid }: Position): Stored[] {
    const rows = sameInstant.all(account, created_at, rowid, limit)
    return rows.length < limit ? [...rows, ...earlier.all(account, created_at, limit - rows.length)] : rows
  }

  return {
    ...rows,
    clear(account?: string): number {
      // With nothing left, no cursor leads anywhere; and with a seed, those that come are to be the same in each run.
      if (account === undefined) mark = 0
      return rows.clear(account)
    },
    /**
     * Adds a row; inside of a write.
     * @param hasGivenIds whether it is to have its ids as they are, and not such as tell where it is
     * @returns the row with the ids that it has got
     */
    insert(row: Row, hasGivenIds = seeded): Row {
      const rowid = Math.max(greatest.get() ?? 0, mark) + 1
      mark = rowid
      const placed = { ...row }
      if (!hasGivenIds) {
        for (const column of ids) placed[column] = located.place(row[column] as string, rowid) as Row[typeof column]
      }
      const values = columns.map(column => placed[column] as string | number | null)
      insert.run(rowid, hasGivenIds ? 1 : 0, texts.number(row.account_id), ...values)
      return placed
    },
    /** The row with an id, of one account or of any. */
    find(column: (typeof ids)[number], id: string, account?: string): Numbered<Row> | undefined {
      const { located: byRow, given } = finders[column] as ReturnType<typeof find>
      const number = account === undefined ? null : (texts.known(account) ?? noText)
      const row = byRow.get(located.rowOf(id), id, number) ?? given.get(id, number)
      return row && (told(row) as Numbered<Row>)
    },
    /** Newest first, those behind a position. */
    list: (account: string, limit: number, position = start): Numbered<Row>[] =>
      ofAccount(account, number => behind(number, limit, position), []).map(row => told(row) as Numbered<Row>),
    /** The newest instant of an account, or 0. */
    newestAt: (account: string): number =>
      Math.max(...newest.map(statement => statement.get(texts.known(account) ?? noText) ?? 0)),
    /** The id of the row that an account stored last; looks at each of its rows. */
    lastId: (account: string): string | undefined => last.get(texts.known(account) ?? noText)
  }
}
