import { closeSync, existsSync, openSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs'
import { resolve } from 'node:path'
import Sqlite from 'better-sqlite3'
import { DatabaseError } from '../failure.ts'
import type { Durability } from '../modes.ts'
import { packageFolder } from '../package.ts'
import { Problem } from '../problem.ts'

export type Database = Sqlite.Database

/** Marks the files of this program ('TOPC' in ASCII), so that nobody else's database is written to. */
const applicationId = 0x544f5043

/** Up to this size a file is checked page by page at start (about 1 ms per MiB); damage in a larger one shows when it is read. */
const checkedBytes = 512 * 1024 * 1024

/** How long the start, and later each request, waits for a lock that another process holds, in real milliseconds. */
export const patienceMilliseconds = 5_000

/**
 * How long SQLite itself waits for a lock. It waits synchronously and the event loop with it, so it is kept short;
 * the writer's asynchronous retry does the real waiting.
 */
const lockTimeoutMilliseconds = 10

const migrationsFolder = new URL('migrations/', packageFolder)

/** The numbered SQL files, in order; the number is the `user_version` that a file leads to. */
const migrations = readdirSync(migrationsFolder)
  .filter(name => /^\d+-.*\.sql$/.test(name))
  .sort()
  .map(name => ({ version: Number.parseInt(name, 10), sql: readFileSync(new URL(name, migrationsFolder), 'utf8') }))

export const schemaVersion = migrations.at(-1)?.version ?? 0

/**
 * Opens a SQLite file, creates it where it is missing and brings it up to date.
 * @param path a file, or `:memory:`
 * @param durability when a commit counts as done
 * @throws {DatabaseError} when the file cannot be used; it is left as it was
 */
export function openDatabase(path: string, durability: Durability = 'full'): Database {
  // better-sqlite3 cuts blanks away, after which another file would be opened than the one that was looked at.
  if (path === '' || path.trim() !== path || path.includes('\0')) {
    throw new DatabaseError(`the database ${JSON.stringify(path)} must be a file name without blanks around it.`)
  }
  const deadline = performance.now() + patienceMilliseconds
  for (;;) {
    try {
      return open(path, durability)
    } catch (error) {
      if (error instanceof DatabaseError) throw error
      // Two servers that start on one new file meet while it becomes a WAL database; SQLite itself does not wait there.
      if (!isBusy(error) || performance.now() > deadline) {
        throw new DatabaseError(`the database ${path} ${reason(error)}.`, { cause: error })
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
}

function open(path: string, durability: Durability): Database {
  if (path !== ':memory:') existsSync(path) ? inspect(path) : createPrivate(path)
  // Whole, since the file is looked at and opened again later, and a program with this server in it may go to another folder.
  const db = new Sqlite(path === ':memory:' ? path : resolve(path), { timeout: patienceMilliseconds })
  try {
    // FULL: what was answered is on disk. NORMAL, better-sqlite3's choice for WAL, may lose the last commits on power loss.
    db.pragma('journal_mode = WAL')
    // Without a file, a commit that splits a page of an index takes longer the more pages there are, so there are few.
    if (db.memory) db.pragma('page_size = 16384')
    db.pragma(`synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`)
    migrate(db)
    // SQLite's own default, in KiB; better-sqlite3 takes 16 MB, which makes no create faster.
    db.pragma('cache_size = -2000')
    db.pragma('foreign_keys = ON')
    db.pragma(`busy_timeout = ${lockTimeoutMilliseconds}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Makes an empty file for its owner alone, as SQLite then makes those beside it: what clients sent is their business. */
function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch {
    // SQLite says why.
  }
}

/** Looks at a file without changing it. */
function inspect(path: string): void {
  const status = statSync(path)
  const { size } = status
  if (!status.isFile()) throw new DatabaseError(`the database ${path} is not a regular file.`)
  if (!isWritable(status))
    throw new DatabaseError(`the database ${path} is read-only; the server needs to write to it.`)
  // Closing would write the content of a left-over WAL into the file, so that is only read. Without one a writable
  // connection is better: it takes the files that it makes beside this one away again, and writes nothing.
  const db = new Sqlite(path, { readonly: existsSync(`${path}-wal`), timeout: patienceMilliseconds })
  try {
    const { version, owner, tables } = identity(db)
    if (owner !== applicationId && (owner !== 0 || version !== 0 || tables !== 0)) {
      throw new DatabaseError(`the database ${path} belongs to another program; name another file.`)
    }
    if (version > schemaVersion) {
      throw new DatabaseError(
        `the database ${path} was written by a newer fake-topcalls (schema ${version}, this one knows ${schemaVersion}); use that version or another file.`
      )
    }
    if (size <= checkedBytes && db.pragma('quick_check(1)', { simple: true }) !== 'ok') {
      throw new DatabaseError(`the database ${path} is damaged; restore a copy or name another file.`)
    }
  } finally {
    db.close()
  }
}

/** Whose file it is. Read in one transaction: between two, another server may have made the tables of a new file. */
function identity(db: Database) {
  const number = (pragma: string) => Number(db.pragma(pragma, { simple: true }))
  return db.transaction(() => ({
    version: number('user_version'),
    owner: number('application_id'),
    tables: db.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get()
  }))()
}

/** Applies what is missing, each file in a transaction of its own that also moves `user_version`. */
function migrate(db: Database): void {
  const apply = db.transaction(({ version, sql }: (typeof migrations)[number]) => {
    // Read inside the transaction: another process may have been faster.
    if (Number(db.pragma('user_version', { simple: true })) >= version) return
    db.exec(sql)
    db.pragma(`application_id = ${applicationId}`)
    db.pragma(`user_version = ${version}`)
  })
  for (const migration of migrations) apply.immediate(migration)
}

/** What SQLite or the file system said, as the end of a sentence that begins with the database. */
function reason(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (code === 'SQLITE_NOTADB') return 'is not a SQLite database; name another file'
  if (code.startsWith('SQLITE_CORRUPT'))
    return 'is damaged, or its disk cannot be read; restore a copy or name another file'
  if (code.startsWith('SQLITE_READONLY')) return 'is read-only; the server needs to write to it'
  if (code.startsWith('SQLITE_BUSY')) return `stayed locked by another process for ${patienceMilliseconds / 1000} s`
  if (code === 'SQLITE_FULL') return 'does not fit on the disk, which is full'
  if (code.startsWith('SQLITE_IOERR')) return `cannot be used, because the disk failed (${code})`
  return `cannot be opened: ${message.replace(/\.$/, '')}`
}

/**
 * Watches the file that was opened, and tells why what is written to it would not be kept although SQLite takes it: it goes
 * on with a file that was deleted or moved, and keeps a permission that was taken away. Undefined where all is well.
 */
export function obstacleOf(db: Database): () => string | undefined {
  if (db.memory) return () => undefined
  // The log holds what was committed last; SQLite makes it anew only where nobody has it open.
  const opened = [db.name, `${db.name}-wal`].map(file => ({ file, ...identityOf(statSync(file)) }))
  return () => {
    for (const { file, dev, ino } of opened) {
      const found = statSync(file, { throwIfNoEntry: false })
      if (found?.ino !== ino || found.dev !== dev) {
        return 'The database file was deleted or moved while the server ran: put it back, or restart the server'
      }
      if (!isWritable(found)) return 'The database file was made read-only while the server ran: let it be written to'
    }
    return undefined
  }
}

const identityOf = ({ dev, ino }: Stats) => ({ dev, ino })

/** The super-user may write to any file; whoever took the permission away did not want that. */
function isWritable({ mode }: Stats): boolean {
  return (mode & 0o222) !== 0
}

/** Whether a lock of another process is the reason, so that trying again helps. */
export function isBusy(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code)
}

/** What a client is told of a failure of the storage; anything else is returned as it is. */
export function asProblem(error: unknown): unknown {
  if (!isStorageFailure(error)) return error
  // The log has the commit by then, and what the disk makes of it shows at the next start.
  const effect = error.code.endsWith('FSYNC')
    ? 'ask again with the same key, since it may be stored'
    : 'nothing was stored'
  return new Problem('unavailable', `The database ${reason(error)}; ${effect}`, { cause: error })
}

/** Whether SQLite failed for a reason outside the program: disk, permissions, damage. */
export function isStorageFailure(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Sqlite.SqliteError &&
    /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|PROTOCOL)/.test(error.code)
  )
}
