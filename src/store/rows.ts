import type { Database } from './database.ts'

/** Which rows of a list are wanted: newest first, those behind `before`, the `rowid` of the last row of an earlier answer. */
export interface Page {
  account?: string | undefined
  before?: number | undefined
  limit: number
}

export type RowsByAccount<Row extends { account_id: string }> = ReturnType<typeof rowsByAccount<Row>>

/** What holds for each table with an `account_id`: to read it in pages, count it and clear it, for one account or all. */
export function rowsByAccount<Row extends { account_id: string }>(db: Database, table: string) {
  type Numbered = Row & { rowid: number }
  const ofAll = {
    page: db.prepare<[number, number], Numbered>(
      `SELECT rowid, * FROM ${table} WHERE rowid < ? ORDER BY rowid DESC LIMIT ?`
    ),
    all: db.prepare<[], Row>(`SELECT * FROM ${table} ORDER BY rowid`),
    count: db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck(),
    clear: db.prepare(`DELETE FROM ${table}`)
  }
  const ofOne = {
    page: db.prepare<[string, number, number], Numbered>(
      `SELECT rowid, * FROM ${table} WHERE account_id = ? AND rowid < ? ORDER BY rowid DESC LIMIT ?`
    ),
    all: db.prepare<[string], Row>(`SELECT * FROM ${table} WHERE account_id = ? ORDER BY rowid`),
    count: db.prepare<[string], number>(`SELECT count(*) FROM ${table} WHERE account_id = ?`).pluck(),
    clear: db.prepare<[string]>(`DELETE FROM ${table} WHERE account_id = ?`)
  }

  const accounts = db.prepare<[], string>(`SELECT DISTINCT account_id FROM ${table}`).pluck()

  return {
    /** Every account that has rows. */
    accounts: (): string[] => accounts.all(),
    /** Newest first. */
    page: ({ account, before = Number.MAX_SAFE_INTEGER, limit }: Page): Numbered[] =>
      account === undefined ? ofAll.page.all(before, limit) : ofOne.page.all(account, before, limit),
    /** Oldest first. */
    all: (account?: string): Row[] => (account === undefined ? ofAll.all.all() : ofOne.all.all(account)),
    count: (account?: string): number => (account === undefined ? ofAll.count.get() : ofOne.count.get(account)) ?? 0,
    clear: (account?: string): number => (account === undefined ? ofAll.clear.run() : ofOne.clear.run(account)).changes
  }
}
