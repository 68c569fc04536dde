import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { schemaVersion } from '../../src/store/database.ts'
import type { Running } from '../fixtures/program.ts'
import { promised } from './soak.ts'

/** Something that happens to a disk under a running server. */
export interface Trouble {
  /** What the server has to say of it. */
  says: RegExp
  /** Whether what was answered can be read meanwhile. */
  readable: boolean
  /** Begins it, and returns what ends it. */
  begin(server: Running, file: string): Promise<() => Promise<void>>
}

/** @returns what unmounts it */
export function mountTmpfs(place: string, size: string): () => void {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'fake-topcalls', place])
  promised(status === 0, `this program needs Linux and the right to mount: ${stderr}`)
  return () => spawnSync('umount', [place])
}

const failed = /disk failed \((SQLITE_IOERR|EIO|EROFS)/

export const troubles = {
  full: { says: /full/, readable: true, begin: (_, file) => fill(dirname(file)) },
  'writes fail': { says: failed, readable: true, begin: injecting('pwrite64', 'EIO') },
  // While it is in doubt what the disk has, nobody is told of it.
  'syncs fail': { says: failed, readable: false, begin: injecting('fsync,fdatasync', 'EIO') },
  // Linux refuses to make a file system read-only that has a file open for writing, unless its disk fails; then it says this.
  'file system fails': {
    says: failed,
    readable: false,
    begin: injecting('pwrite64,fsync,fdatasync,ftruncate', 'EROFS')
  },
  'read-only file': { says: /made read-only/, readable: true, begin: (_, file) => makeReadOnly(file) },
  moved: { says: /deleted or moved/, readable: true, begin: (_, file) => move(file) },
  'reads fail': {
    // SQLite takes a sector that cannot be read for damage.
    says: /damaged/,
    readable: false,
    async begin(server, file) {
      const end = await injecting('pread64', 'EIO')(server, file)
      // A write by another process makes the server read again what it has in memory. SQLite skips an update that changes
      // nothing, but not this.
      const other = new Sqlite(file)
      const writes = setInterval(() => other.pragma(`user_version = ${schemaVersion}`), 20)
      return async () => {
        clearInterval(writes)
        other.close()
        await end()
      }
    }
  }
} satisfies Record<string, Trouble>

/** Fills a disk, save for some room at random, so that it ends at another step each time. */
async function fill(place: string): Promise<() => Promise<void>> {
  const filler = join(place, 'filler')
  const { bavail, bsize } = statfsSync(place)
  try {
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - Math.floor(Math.random() * 400_000))))
  } catch (error) {
    // The server has written meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
  return async () => rmSync(filler)
}

async function makeReadOnly(file: string): Promise<() => Promise<void>> {
  chmodSync(file, 0o444)
  return async () => chmodSync(file, 0o644)
}

async function move(file: string): Promise<() => Promise<void>> {
  renameSync(file, `${file}.away`)
  return async () => renameSync(`${file}.away`, file)
}

/** How long each thread of a process has to come to the end of its call. */
const stopMilliseconds = 50

/** Lets a system call fail wherever it concerns the database. */
function injecting(call: string, error: string): Trouble['begin'] {
  return async ({ child }, file) => {
    const paths = ['', '-wal'].flatMap(suffix => ['-P', `${file}${suffix}`])
    const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:error=${error}`]
    const strace = spawn('strace', ['-f', '-p', String(child.pid), '-o', '/dev/null', ...paths, ...inject])
    const gone = once(strace, 'close')
    const attached = once(strace.stderr, 'data')
    await Promise.race([attached, gone])
    promised(String((await attached)[0]).includes('attached'), 'strace could not attach to the server')
    return async () => {
      // A call that strace leaves in the middle of fails with ENOSYS, which no disk says; a stopped process is in none.
      child.kill('SIGSTOP')
      await sleep(stopMilliseconds)
      strace.kill('SIGINT')
      await gone
      child.kill('SIGCONT')
    }
  }
}
