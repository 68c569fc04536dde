import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

// Runs all contract cases through Prism's validation proxy, which judges each request and each answer by openapi.yaml. Many
// requests are wrong on purpose, so only what it says of answers counts. The proxy mends or drops some requests that
// are no HTTP or no JSON, so that the cases about these fail here, and are not judged.

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const program = path('../src/main.js')
const fakePort = await freePort()
const proxyPort = await freePort()
const children: ChildProcess[] = []

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

/** Starts a program and collects what it says, from the moment at which it says that it listens. */
async function start(command: string[], ready: RegExp): Promise<{ said: string }> {
  const child = spawn(process.execPath, command)
  children.push(child)
  const output = { said: '' }
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', data => {
      output.said += data
      if (ready.test(output.said)) resolve()
    })
  }
  child.once('exit', code => reject(new Error(`${command[0]} ended with ${code}: ${output.said.slice(-2_000)}`)))
  await promise
  return output
}

try {
  const fake = `http://127.0.0.1:${fakePort}`
  await start([program, '--port', String(fakePort)], /"event":"ready"/)
  const prism = path('node_modules/@stoplight/prism-cli/dist/index.js')
  const proxied = ['proxy', path('../openapi.yaml'), fake, '--port', String(proxyPort)]
  const { said } = await start([prism, ...proxied], /Prism is listening/).then(async output => {
    const verify = [program, 'verify', '--url', `http://127.0.0.1:${proxyPort}`, '--control-url', fake]
    const [code] = await once(spawn(process.execPath, verify, { stdio: 'inherit' }), 'exit')
    if (code === 2) throw new Error('verify did not run')
    return output
  })
  const violations = said.split('\n').filter(line => line.includes('Violation: '))
  const ofAnswers = violations.filter(line => line.includes('Violation: response'))
  const ofRequests = violations.length - ofAnswers.length
  console.log(
    `Prism saw ${ofAnswers.length} violations in answers, and ${ofRequests} in requests that are wrong on purpose.`
  )
  for (const line of ofAnswers) console.log(line)
  // A proxy that says nothing at all has judged nothing.
  if (ofAnswers.length > 0 || ofRequests === 0) process.exitCode = 1
} finally {
  for (const child of children) child.kill()
}
