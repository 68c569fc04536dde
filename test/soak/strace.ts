import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { program } from '../fixtures/program.ts'
import { promised } from './soak.ts'

/**
 * A system call, as far as it changes a file or reaches a client: what reaches a client when it begins, all else when it has
 * succeeded. A sync is told twice, since it keeps only what was written before it began.
 */
export type Call =
  | { call: 'create' | 'unlink'; path: string }
  | { call: 'sync begins' | 'sync'; path: string; thread: string }
  | { call: 'write'; path: string; bytes: Buffer; offset: number }
  | { call: 'truncate'; path: string; length: number }
  | { call: 'send'; bytes: Buffer }

const traced =
  'openat,pwrite64,pwritev,write,writev,sendto,sendmsg,fsync,fdatasync,sync_file_range,ftruncate,fallocate,unlink,unlinkat,rename'

export interface Traced {
  urls: string[]
  kill(): Promise<void>
}

/**
 * Starts servers whose system calls are written to one file, in the order in which they happen. `-D`: strace is no parent,
 * so that signals reach the servers. `-xx`: everything in hexadecimal digits, so that a quote can only be the end of a text.
 */
export async function launchTraced(args: string[], count: number, trace: string): Promise<Traced> {
  const options = ['-f', '-D', '--seccomp-bpf', '-y', '-xx', '-s', '1048576', '-o', trace, '-e', `trace=${traced}`]
  const all = ['sh', '-c', `${'"$@" & '.repeat(count)}wait`, 'sh', process.execPath, program, '--port', '0', ...args]
  const child = spawn('strace', [...options, ...all], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'close')
  const ready: { url: string; pid: number }[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (ready.push(JSON.parse(line)) === count) break
  }
  promised(ready.length === count, 'a server did not start')
  return {
    urls: ready.map(({ url }) => url),
    async kill() {
      for (const { pid } of ready) process.kill(pid, 'SIGKILL')
      child.stdout.resume()
      await gone
    }
  }
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
  for await (const line of createInterface({ input: createReadStream(trace, 'latin1') })) {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const [, beginning] = /^(.*) <unfinished \.\.\.>$/.exec(text) ?? []
    const [, end] = /^<\.\.\. \w+ resumed>(.*)$/.exec(text) ?? []
    if (beginning !== undefined) {
      begun.set(thread, beginning)
      // As if it succeeded, for what it is.
      const call = callOf(`${beginning}) = 0`, folder, thread)
      if (call?.call === 'send') yield call
      if (call?.call === 'sync') yield { ...call, call: 'sync begins' }
      continue
    }
    const call = callOf(end === undefined ? text : `${begun.get(thread)}${end}`, folder, thread)
    if (!call) continue
    if (call.call === 'sync' && end === undefined) yield { ...call, call: 'sync begins' }
    if (call.call !== 'send' || end === undefined) yield call
  }
}

function callOf(text: string, folder: string, thread: string): Call | undefined {
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
      // Less than all only where the disk is full.
      return { call: 'write', path, bytes: bytes.subarray(0, Number(result)), offset: last }
    case 'fsync':
    case 'fdatasync':
      return { call: 'sync', path, thread }
    case 'ftruncate':
      return { call: 'truncate', path, length: last }
    case 'unlink':
      return { call: 'unlink', path }
    default:
      throw new Error(`a call that the disk model does not know: ${text.slice(0, 200)}`)
  }
}

const decoded = (escaped = ''): Buffer => Buffer.from(escaped.replaceAll('\\x', ''), 'hex')
