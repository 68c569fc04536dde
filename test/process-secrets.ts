import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { connect } from '../src/index.ts'
import { readKeys } from '../src/key-file.ts'
import { readSeedFile } from '../src/seed-file.ts'
import { run, started } from './fixtures/program.ts'

const secret = 'grep-me-if-you-can'
const account_id = 'b1ea39d6-7584-5d95-97ce-0533aeb7ec44'
const key = { key: `tc_live_${secret}`, account_id, scopes: [] }

t.test('what is wrong with a key file or a seed file is said without a word of it', t => {
  const folder = t.testdir()
  const keyFiles = [
    `[{"key":"tc_live_${secret}"`,
    `tc_live_${secret}`,
    JSON.stringify({ [`tc_live_${secret}`]: {} }),
    JSON.stringify([{ ...key, key: secret }]),
    JSON.stringify([{ ...key, scopes: [secret] }]),
    JSON.stringify([{ ...key, account_id: secret }]),
    JSON.stringify([{ ...key, expires_at: secret }]),
    JSON.stringify([key, key])
  ]
  const state = (members: object) => JSON.stringify({ version: 1, accounts: [{ account_id, ...members }] })
  const seedFiles = [
    `{"version":1,"accounts":"${secret}`,
    JSON.stringify({ version: secret, accounts: [] }),
    state({ keys: [{ key: `tc_live_${secret}`, scopes: ['x'] }] }),
    state({ keys: [{ key: secret, scopes: [] }] }),
    state({ keys: { [`tc_live_${secret}`]: {} } }),
    state({ faults: [{ kind: 'status', match: { body: { password: secret } } }] }),
    state({ faults: [{ kind: 'status', match: { headers: { authorization: `Bearer tc_live_${secret}` } } }] }),
    state({ faults: [{ kind: 'status', headers: { 'x-a': `\n${secret}` } }] })
  ]
  const refusalOf = (read: (file: string) => unknown, text: string): string => {
    const file = `${folder}/file.json`
    writeFileSync(file, text)
    try {
      return `taken: ${JSON.stringify(read(file))}`
    } catch (error) {
      return String(error)
    }
  }
  const said = [
    ...keyFiles.map(text => refusalOf(readKeys, text)),
    ...seedFiles.map(text => refusalOf(readSeedFile, text))
  ]
  for (const sentence of said) {
    t.match(sentence, /^Error: the (key|seed) file .* cannot be used: .*\.$/)
    t.notOk(sentence.includes(secret), sentence)
  }
  t.end()
})

/** The arguments of a process and of its children, as `ps` shows them to everybody. */
function listedOf(pid: number | undefined): string {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  return lines.filter(line => line.trim().split(/\s+/, 2).includes(String(pid))).join('\n')
}

t.test('a control token from a variable or a file is in no list of processes', async t => {
  const file = `${t.testdir({ token: `${secret}\n` })}/token`
  const variable = { TOPCALLS_CONTROL_TOKEN: secret }
  for (const server of [await started(t, [], variable), await started(t, ['--control-token-file', file])]) {
    t.match(await connect(server.url, { token: secret }).info(), { auth: 'any' }, 'it is the token')
    t.match(listedOf(server.child.pid), /main\.js --port 0/)
    t.notOk(listedOf(server.child.pid).includes(secret))
  }
  const typed = await started(t, ['--control-token', secret])
  t.ok(listedOf(typed.child.pid).includes(secret), 'what was typed is there')
})

t.test('exec hands key and token to its command in variables, and in no arguments', async t => {
  const script = `
    import { execFileSync } from 'node:child_process'
    const { TOPCALLS_API_KEY: key, TOPCALLS_CONTROL_TOKEN: token } = process.env
    const listed = execFileSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' })
    console.log(JSON.stringify({ token: token.length, seen: listed.includes(key) || listed.includes(token), program: listed.includes('main.js exec') }))`
  const command = ['--', process.execPath, '--input-type=module', '-e', script]
  const { stdout } = await run(['exec', ...command], { TOPCALLS_CONTROL_TOKEN: secret })
  t.same(JSON.parse(stdout), { token: secret.length, seen: false, program: true })
})

t.test('a key that stands where a name should be is not repeated', t => {
  const file = `${t.testdir()}/file.json`
  const refusal = (read: (file: string) => unknown, content: unknown) => {
    writeFileSync(file, JSON.stringify(content))
    try {
      return `taken: ${read(file)}`
    } catch (error) {
      return String(error)
    }
  }
  const key = { key: 'tc_live_x', account_id, scopes: [] }
  t.notMatch(refusal(readKeys, [{ ...key, 'tc_live_grep-me': {} }]), /grep-me/)
  t.notMatch(refusal(readSeedFile, { version: 1, accounts: [{ account_id, 'tc_live_grep-me': [] }] }), /grep-me/)
  t.end()
})
