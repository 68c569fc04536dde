import { spawnSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { promised } from './soak.ts'

/** A system call that succeeded, as far as it changes a file or reaches a client. */
export type Call =
  | { call: 'create' | 'unlink' | 'sync'; path: string }
  | { call: 'write'; path: string; bytes: Buffer; offset: number }
  | { call: 'truncate'; path: string; length: number }
  | { call: 'send'; bytes: Buffer }

const traced =
  'openat,pwrite64,pwritev,write,writev,sendto,sendmsg,fsync,fdatasync,sync_file_range,ftruncate,fallocate,unlink,unlinkat,rename'

/**
 * What stands before a command so that its system calls are written to a file. `-D`: the command is the child and gets the
 * signals, strace is a grandchild. `-xx`: everything in hexadecimal digits, so that a quote can only be the end of a text.
 */
export function straced(file: string): string[] {
  return ['strace', '-f', '-D', '--seccomp-bpf', '-y', '-xx', '-s', '1048576', '-o', file, '-e', `trace=${traced}`]
}

export function requireStrace(): void {
  promised(spawnSync('strace', ['-V']).status === 0, 'this program needs Linux with strace')
}

/**
 * Reads a trace from its beginning.
 * @param folder whose files matter
 * @throws {Error} for a call that it does not understand, so that none is overlooked
 */
export async function* callsIn(trace: string, folder: string): AsyncGenerator<Call> {
  const begun = new Map<string, string>()
  let only: string | undefined
  for await (const line of createInterface({ input: createReadStream(trace, 'latin1') })) {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const [, before] = /^(.*) <unfinished \.\.\.>$/.exec(text) ?? []
    if (before !== undefined) {
      begun.set(thread, before)
      continue
    }
    const [, after] = /^<\.\.\. \w+ resumed>(.*)$/.exec(text) ?? []
    const call = callOf(after === undefined ? text : `${begun.get(thread)}${after}`, folder)
    if (!call) continue
    // Then the order in which calls return is the order in which they begin, whatever other threads do in between.
    only ??= thread
    promised(thread === only, 'files are written and answers are sent by more than one thread')
    yield call
  }
}

function callOf(text: string, folder: string): Call | undefined {
  const [, name = '', args = '', result = ''] = /^(\w+)\((.*)\) += (.*)$/.exec(text) ?? []
  if (result === '' || result.startsWith('-1') || result.startsWith('?')) return undefined
  // `21<\x2f…>` for a descriptor, or the path itself as a text.
  const [first = '', ...others] = [...args.matchAll(/<((?:\\x..)+)>|"((?:\\x..)*)"/g)].map(([, of, text]) =>
    decoded(of ?? text)
  )
  const path = (name === 'openat' ? others[0] : first)?.toString() ?? ''

  if (/^(write|writev|sendto|sendmsg)$/.test(name) && /^(socket|TCP|UNIX)/.test(path)) {
    return { call: 'send', bytes: Buffer.concat(others) }
  }
  if (path !== folder && !path.startsWith(`${folder}/`)) return undefined
  const last = Number(args.slice(args.lastIndexOf(',') + 1))
  const [bytes = Buffer.alloc(0)] = others
  promised(others.length === 0 || !args.includes('"...'), `strace cut a text short: ${name}`)
  switch (name) {
    case 'openat':
      return args.includes('O_CREAT') ? { call: 'create', path } : undefined
    case 'pwrite64':
      promised(Number(result) === bytes.length, `a write of ${bytes.length} bytes wrote ${result}`)
      return { call: 'write', path, bytes, offset: last }
    case 'fsync':
    case 'fdatasync':
      return { call: 'sync', path }
    case 'ftruncate':
      return { call: 'truncate', path, length: last }
    case 'unlink':
      return { call: 'unlink', path }
    default:
      throw new Error(`a call that the disk model does not know: ${text.slice(0, 200)}`)
  }
}

const decoded = (escaped = ''): Buffer => Buffer.from(escaped.replaceAll('\\x', ''), 'hex')
