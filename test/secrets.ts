import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import t, { type Test } from 'tap'
import { connect } from '../src/index.ts'
import { openDatabase } from '../src/store/database.ts'
import { postCarrier, testBench } from './fixtures/bench.ts'
import { plainCarrier } from './fixtures/emulator.ts'
import { type Running, started } from './fixtures/program.ts'

const account_id = 'b1ea39d6-7584-5d95-97ce-0533aeb7ec44'

/** Secrets by the place where each was sent; every one is another word. */
function secretWords() {
  const words = new Map<string, string>()
  return {
    /** A word that must be found nowhere. */
    at(place: string): string {
      const word = `grep${words.size}me`
      words.set(word, place)
      return word
    },
    /** The places of those that a text has, as they are or as a plain digest. */
    in(text: string): string[] {
      return [...words]
        .filter(([word]) => [word, ...digests(`tc_live_${word}`), ...digests(word)].some(one => text.includes(one)))
        .map(([, place]) => place)
    }
  }
}
type Secrets = ReturnType<typeof secretWords>

function digests(text: string): string[] {
  const encodings = ['hex', 'base64', 'base64url'] as const
  return ['md5', 'sha1', 'sha256', 'sha512'].flatMap(name => encodings.map(encoding => hash(name, text, encoding)))
}

const passwordNames = [
  'password',
  'Password',
  'register_password',
  'inbound_auth_password',
  'passwd',
  'PWD',
  'pass phrase'
]
const secretNames = [
  ...passwordNames,
  'secret',
  'clientSecret',
  'access_token',
  'api_key',
  'apiKey',
  'API-KEY',
  'credentials'
]

/** Bodies with a secret in each place where one may stand by name or by form. */
function bodiesWith(secrets: Secrets): (object | string)[] {
  const { at } = secrets
  const reg = (registration: unknown) => ({ ...plainCarrier, trunk_type: 'reg', registration })
  const gateway = JSON.stringify(plainCarrier).slice(1, -1)
  return [
    reg({ username: 'u', password: at('a password that is accepted') }),
    reg({ username: 'u', password: `${at('a password that is too long')}${'x'.repeat(64)}` }),
    reg({ username: 'u', password: at('a password beside what is wrong'), realm: 1 }),
    {
      ...plainCarrier,
      trunk_type: 'auth',
      inbound_auth: { inbound_auth_username: 'u', inbound_auth_password: at('inbound_auth') }
    },
    ...secretNames.map(name => ({ ...plainCarrier, extra: { deep: [{ [name]: at(`a member called ${name}`) }] } })),
    {
      ...plainCarrier,
      password: [at('a list'), { x: [at('a list in a list')] }],
      token: { a: { b: at('an object') } }
    },
    `{${gateway},"\\u0070assword":"${at('an escaped name')}","x":{"pa\\u0073\\u0073wd":["${at('a name with escapes')}"]}}`,
    `{${gateway},"password":"${at('a duplicate')}","password":"${at('the second of them')}"}`,
    {
      ...plainCarrier,
      note: `https://sip.example/x?a=1&Password=${at('a query string')}&token=${at('the end of one')}`
    },
    { ...plainCarrier, note: `see tc_live_${at('a key in a text')}`, more: `tc%5Flive%255f${at('an escaped key')}` },
    { ...plainCarrier, [`tc_live_${at('a key as a name')}`]: 1, [`password=${at('a name with a value')}`]: 2 },
    { ...plainCarrier, sip_gateway: { ipv4: `tc_live_${at('a key as an address')} ` } },
    `{${gateway},"password":"${at('broken JSON')}", oops`,
    `{"password":"${at('JSON without an end')}`,
    `{"password":"${at('a wrong escape')}\\q"}`,
    at('no JSON'),
    `{"password":"${at('a body over the limit')}","x":"${'y'.repeat(70_000)}"}`,
    `{"__proto__":{"password":"${at('a prototype')}"}}`
  ]
}

function headersWith({ at }: Secrets): Record<string, string>[] {
  const names = ['cookie', 'x-api-key', 'proxy-authorization', 'x-auth-token', 'x-sip-password', 'x-client-secret']
  return [
    ...names.map(name => ({ [name]: at(`the header ${name}`) })),
    { referer: `https://sip.example/?password=${at('a referer')}#access_token=${at('its fragment')}` },
    { 'x-note': `Bearer tc_live_${at('a key in a header')}` },
    { 'x-note': `TC%5FLIVE%5F${at('an escaped key in a header')}` },
    { authorization: `Bearer ${at('a token without form')}` },
    { authorization: `Basic ${at('basic credentials')}` },
    { authorization: `Bearer tc_live_${at('one of two words')} tc_live_x` },
    { 'content-type': `application/json; password=${at('a media type')}` },
    { 'idempotency-key': `wrong key; password=${at('a refused idempotency key')}` }
  ]
}

const pathsWith = ({ at }: Secrets) => [
  `/v1/phone-numbers/carriers?password=${at('a query')}&api_key=${at('a key in a query')}`,
  `/v1/tc_live_${at('a path')}`,
  `/v1/%74c_live_${at('an escaped path')}`,
  `/v1/x;password=${at('a path parameter')}`,
  `/_topcalls/v1/tc_live_${at('a control path')}`
]

/** Control calls that are refused for something else than their secrets. */
async function controlCallsWith({ at }: Secrets, url: string, token: string): Promise<string[]> {
  const call = (method: string, path: string, body: object | string) =>
    fetch(`${url}/_topcalls/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body)
    }).then(answer => answer.text())
  const account_id = 'b1ea39d6-7584-5d95-97ce-0533aeb7ec44'
  const key = `tc_live_${at('a key with a wrong scope')}`
  const match = {
    headers: { authorization: `Bearer tc_live_${at('a match')}` },
    body: { password: at('a body to match') }
  }
  return [
    await call('POST', 'keys', { key: `tc_live_${at('a key that is minted wrongly')}`, scopes: ['x'] }),
    await call('POST', 'keys', { account: `tc_live_${at('an account')} ` }),
    await call('PUT', 'state', { version: 1, accounts: [{ account_id, keys: [{ key, scopes: ['x'] }] }] }),
    await call('PUT', 'state', `{"version":1,"password":"${at('a broken import')}"`),
    await call('POST', 'faults', { kind: 'status', match }),
    await call('POST', 'faults', { kind: 'status', headers: { 'x-a': `\r\n${at('a header that is none')}` } }),
    await call('POST', 'requests/verify', { match })
  ]
}

/** Everything that the server would tell of itself. */
async function everythingTold(url: string, token: string): Promise<string> {
  const control = connect(url, { token })
  const pages = [control.requests.list({ limit: 1_000 }), control.carriers.list({ limit: 1_000 })]
  const rest = [control.state.export(), control.idempotency.list(), control.keys.list(), control.faults.list()]
  const unmet = control.requests.verify({ match: { body: { registration: { username: 'x' } } } }).catch(String)
  return JSON.stringify(await Promise.all([...pages, ...rest, unmet, control.info()]))
}

/** Sends every secret, and looks for it in whatever the server writes and tells. */
async function grep(t: Test, server: Running, database: string, controlToken: string): Promise<void> {
  const { url } = server
  const secrets = secretWords()
  const token = `tc_live_${secrets.at('the key of the caller')}`
  const answers: string[] = []
  const send = async (posted: object, path?: string) => {
    const sent = path === undefined ? postCarrier(url, { token, ...posted }) : fetch(url + path, { method: 'POST' })
    // The server hangs up on a body that is too long.
    answers.push(await sent.then(answer => answer.text()).catch(String))
  }

  for (const [index, body] of bodiesWith(secrets).entries()) {
    const key = `grep-key-number-${index}`
    for (const posted of [{ body }, { body, key }, { body: plainCarrier, key }, { body, key }]) await send(posted)
  }
  for (const headers of headersWith(secrets)) await send({ headers })
  for (const path of pathsWith(secrets)) await send({}, path)
  await send({ token: `tc_live_${secrets.at('a key of another caller')}` })
  const minted = `tc_live_${secrets.at('a minted key')}`
  await connect(url, { token: controlToken }).keys.mint({ key: minted })
  await send({ token: minted })
  answers.push(...(await controlCallsWith(secrets, url, controlToken)))
  await connect(url, { token: secrets.at('a wrong control token') })
    .info()
    .catch(error => answers.push(String(error)))

  const told = await everythingTold(url, controlToken)
  t.ok(told.length > 100_000, 'the journal holds what was sent')
  const look = () => {
    t.same(secrets.in(answers.join('\n')), [], 'answers')
    t.same(secrets.in(told), [], 'journal and exports')
    t.same(secrets.in(server.log()), [], 'the log')
    t.notOk((server.log() + told + answers.join()).includes(controlToken), 'the control token')
    for (const file of ['', '-wal', '-shm'].map(end => database + end).filter(file => existsSync(file))) {
      t.same(secrets.in(readFileSync(file, 'latin1')), [], file.slice(database.length) || 'the database')
    }
  }
  look()

  // What nobody expects is logged with its cause.
  const db = new Sqlite(database)
  db.exec('DROP TABLE carriers')
  db.close()
  await send({ body: bodiesWith(secrets)[0] })
  await server.stop('SIGTERM')
  t.ok(server.log().includes('no such table'), 'the cause is logged')
  look()
}

const asTerminal = {
  NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=data:text/javascript,process.stderr.isTTY=true`
}

for (const [log, env] of Object.entries({ 'the log as JSON': {}, 'the log for a terminal': asTerminal })) {
  t.test(`no secret is in ${log}, the journal, an export, an error, the database or its WAL`, async t => {
    const database = `${t.testdir()}/fake.db`
    const controlToken = 'control-token-grep'
    const args = ['--database', database, '--log-level', 'trace']
    const server = await started(t, args, { ...env, TOPCALLS_CONTROL_TOKEN: controlToken })
    await grep(t, server, database, controlToken)
    t.equal(/^\{"level"/.test(server.log()), !('NODE_OPTIONS' in env), 'the log has the form that is meant')
  })
}

t.test('a key as an unknown member or parameter of a control call does not return', async t => {
  const { url } = await testBench(t)
  for (const [method, path, body] of [
    ['POST', 'keys', '{"tc_live_grep-me":1}'],
    ['PUT', 'state', `{"version":1,"accounts":[{"account_id":"${account_id}","tc_live_grep-me":1}]}`],
    ['GET', 'requests?tc_live_grep-me=1', null]
  ] as const) {
    const answer = await fetch(`${url}/_topcalls/v1/${path}`, {
      method,
      body,
      headers: { 'content-type': 'application/json' }
    })
    t.notMatch(await answer.text(), /grep-me/, path)
  }
})

t.test('nobody but its owner may read the database', t => {
  const folder = t.testdir()
  openDatabase(`${folder}/fake.db`).close()
  t.equal(execFileSync('stat', ['-c', '%a', `${folder}/fake.db`], { encoding: 'utf8' }).trim(), '600')
  t.ok(readFileSync(`${folder}/fake.db`).length > 0)
  t.end()
})
