import type { Database } from './database.ts'
import type { TextStore } from './texts.ts'

/** Which rows of a list are wanted: newest first, those behind `before`, the `rowid` of the last row of an earlier answer. */
export interface Page {
  account?: string | undefined
  before?: number | undefined
  limit: number
}

export type Numbered<Row> = Row & { rowid: number }

export type RowsByAccount<Row extends { account_id: string }> = ReturnType<typeof rowsByAccount<Row>>

/**
 * What holds for each table with an `account`: to read it in pages, count it and clear it, for one account or all.
 * @param shared the columns, beside `account`, that hold the number of a text
 */
export function rowsByAccount<Row extends { account_id: string }>(
  db: Database,
  texts: TextStore,
  table: string,
  shared: (keyof Row & string)[] = []
) {
  type Stored = Omit<Row, 'account_id'> & { account: number }
  const ofAll = {
    page: db.prepare<[number, number], Numbered<Stored>>(
      `SELECT rowid, * FROM ${table} WHERE rowid < ? ORDER BY rowid DESC LIMIT ?`
    ),
    count: db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck(),
    clear: db.prepare(`DELETE FROM ${table}`)
  }
  const ofOne = {
    page: db.prepare<[number, number, number], Numbered<Stored>>(
      `SELECT rowid, * FROM ${table} WHERE account = ? AND rowid < ? ORDER BY rowid DESC LIMIT ?`
    ),
    all: db.prepare<[number], Stored>(`SELECT * FROM ${table} WHERE account = ? ORDER BY rowid`),
    some: db.prepare<[number], number>(`SELECT 1 FROM ${table} WHERE account = ? LIMIT 1`).pluck(),
    count: db.prepare<[number], number>(`SELECT count(*) FROM ${table} WHERE account = ?`).pluck(),
    clear: db.prepare<[number]>(`DELETE FROM ${table} WHERE account = ?`)
  }
  const accounts = db.prepare<[], number>(`SELECT DISTINCT account FROM ${table}`).pluck()

  /** A row with its texts in the place of their numbers. */
  function told<Of extends { account: number }>({ account, ...row }: Of): Omit<Of, 'account'> & Row {
    const spelled = shared.map(column => [column, texts.text(row[column as unknown as keyof typeof row] as number)])
    return { account_id: texts.text(account), ...row, ...Object.fromEntries(spelled) } as Omit<Of, 'account'> & Row
  }

  /** What work on the rows of an account comes to, or something else where it has none. */
  function ofAccount<Result>(account: string, work: (number: number) => Result, otherwise: Result): Result {
    const number = texts.known(account)
    return number === undefined ? otherwise : work(number)
  }

  return {
    told,
    ofAccount,
    /** Every account that has rows. */
    accounts: (): string[] => accounts.all().map(texts.text),
    /** Whether an account has no row. */
    isEmpty: (account: string): boolean =>
      ofAccount(account, number => ofOne.some.get(number), undefined) === undefined,
    /** Newest first. */
    page({ account, before = Number.MAX_SAFE_INTEGER, limit }: Page): Numbered<Row>[] {
      if (account === undefined) return ofAll.page.all(before, limit).map(told)
      return ofAccount(account, number => ofOne.page.all(number, before, limit), []).map(told)
    },
    /** Oldest first. */
    all: (account: string): Row[] => ofAccount(account, number => ofOne.all.all(number), []).map(told),
    count: (account?: string): number =>
      (account === undefined ? ofAll.count.get() : ofAccount(account, number => ofOne.count.get(number), 0)) ?? 0,
    clear: (account?: string): number =>
      account === undefined
        ? ofAll.clear.run().changes
        : ofAccount(account, number => ofOne.clear.run(number).changes, 0)
  }
}
