import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { startFakeTopCalls } from '../src/index.ts'
import { postCarrier } from './fixtures/bench.ts'
import { program, run } from './fixtures/program.ts'

/** Starts a server with something as its stderr, and waits until it is ready. */
async function serverWithLog(t: Test, stderr: number | 'pipe') {
  const args = [...process.execArgv, program, '--port', '0']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', stderr] })
  t.teardown(() => child.kill('SIGKILL'))
  const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data')
  const { url }: { url: string } = JSON.parse(String(line))
  return { child, url, ended: once(child, 'exit') }
}

t.test('a full disk under the log stops neither the answers nor the end', async t => {
  const log = openSync('/dev/full', 'w')
  t.teardown(() => closeSync(log))
  for (const requests of [0, 5]) {
    const { child, url, ended } = await serverWithLog(t, log)
    for (let request = 0; request < requests; request++) t.equal((await postCarrier(url)).status, 201)
    child.kill('SIGTERM')
    t.same(await ended, [0, null], `after ${requests} requests`)
  }
})

t.test('a reader that is slow gets the whole log', async t => {
  const { child, url, ended } = await serverWithLog(t, 'pipe')
  // More than fits in a pipe, of which nothing is read before the end.
  const requests = 3_000
  for (let request = 0; request < requests; request += 50) {
    await Promise.all(Array.from({ length: 50 }, () => postCarrier(url)))
  }
  child.kill('SIGTERM')
  const lines = (await text(child.stderr as NodeJS.ReadableStream)).trimEnd().split('\n')
  const messages = lines.map(line => JSON.parse(line).msg)
  t.equal(messages.filter(message => message === 'answered').length, requests)
  t.equal(messages.at(-1), 'SIGTERM: stopping')
  t.same(await ended, [0, null])
})

/** Starts the program and closes the other ends of its stdout and stderr. */
function unread(t: Test, args: string[]): ChildProcess {
  const child = spawn(process.execPath, [...process.execArgv, program, ...args])
  t.teardown(() => child.kill('SIGKILL'))
  child.stdout.destroy()
  child.stderr.destroy()
  return child
}

t.test('a server whose output nobody reads answers and ends as any other', async t => {
  const earlier = await startFakeTopCalls()
  const { port } = new URL(earlier.url)
  await earlier.close()
  const child = unread(t, ['--port', port])
  const ended = once(child, 'exit')
  while ((await run(['healthcheck', '--port', port])).code !== 0 && child.exitCode === null);
  for (let request = 0; request < 5; request++) {
    t.equal((await postCarrier(`http://127.0.0.1:${port}`)).status, 201)
  }
  child.kill('SIGTERM')
  t.same(await ended, [0, null])
})

t.test('a full disk under stdout is said in one sentence, with exit code 1', async t => {
  const full = openSync('/dev/full', 'w')
  t.teardown(() => closeSync(full))
  for (const args of [['--help'], ['--port', '0', '--log-level', 'silent']]) {
    const child = spawn(process.execPath, [...process.execArgv, program, ...args], { stdio: ['ignore', full, 'pipe'] })
    t.teardown(() => child.kill('SIGKILL'))
    let said = ''
    child.stderr?.on('data', data => (said += data))
    t.same(await once(child, 'close'), [1, null])
    t.match(said, /^fake-topcalls: stdout cannot be written: ENOSPC.*\.\n$/)
  }
})

t.test('the exit code of a command does not depend on who reads its output', async t => {
  t.same(await once(unread(t, ['--help']), 'exit'), [0, null])
  t.same(await once(unread(t, ['openapi']), 'exit'), [0, null])
  t.same(await once(unread(t, ['--prot']), 'exit'), [2, null])
})
