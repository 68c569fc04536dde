import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import t from 'tap'
import { readKeys } from '../src/key-file.ts'
import { readSeedFile } from '../src/seed-file.ts'
import { openDatabase } from '../src/store/database.ts'
import { testBench } from './fixtures/bench.ts'

const account_id = 'b1ea39d6-7584-5d95-97ce-0533aeb7ec44'

t.test('a database must be a file of its own: nothing else is written to', t => {
  const folder = t.testdir({ text: 'not a database', empty: '', folder: {} })
  const at = (name: string) => `${folder}/${name}`
  execFileSync('mkfifo', [at('fifo')])
  symlinkSync(at('loop'), at('loop'))
  symlinkSync(at('missing/file'), at('dangling'))
  symlinkSync(at('folder'), at('link-to-folder'))
  symlinkSync(at('text'), at('link-to-text'))
  const before = readdirSync(folder)

  const refused = ['text', 'folder', 'fifo', 'loop', 'dangling', 'link-to-folder', 'link-to-text', 'missing/fake.db']
  for (const path of [...refused.map(at), at('text/fake.db'), '/dev/null', '/dev/zero']) {
    t.throws(() => openDatabase(path), { name: 'Error', message: /^the database .*\.$/ }, path)
  }
  t.same(readdirSync(folder), before)
  t.equal(readFileSync(at('text'), 'utf8'), 'not a database')

  openDatabase(at('empty')).close()
  symlinkSync(at('new.db'), at('link-to-new'))
  openDatabase(at('link-to-new')).close()
  t.ok(readdirSync(folder).includes('new.db'), 'a link leads where it points')
  t.end()
})

t.test('a name of a database is a path and never an address with options', t => {
  const folder = t.testdir()
  const names = [
    'file:fake.db',
    'fake.db?mode=memory',
    ':MEMORY:',
    '-fake.db',
    'new\nline.db',
    '\x1b[31m.db',
    'a%2fb.db'
  ]
  for (const name of names) openDatabase(`${folder}/${name}`).close()
  t.same(readdirSync(folder).sort(), [...names].sort())

  const here = process.cwd()
  process.chdir(folder)
  t.teardown(() => process.chdir(here))
  mkdirSync('file:')
  for (const name of ['file:other.db?mode=memory&cache=shared', 'file:/other.db', '../outside.db'])
    openDatabase(name).close()
  t.ok(readdirSync('.').includes('file:other.db?mode=memory&cache=shared'))
  t.same(readdirSync('file:'), ['other.db'])
  t.ok(readdirSync('..').includes('outside.db'))
  t.end()
})

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const account = (members: string) => `{"version":1,"accounts":[{"account_id":"${account_id}",${members}}]}`
const carrier = (members: string) => account(`"carriers":[{"carrier_name":"x",${members}}]`)
const fault = (members: string) => account(`"faults":[{"kind":"status",${members}}]`)

const answered = (body: string) =>
  account(
    `"idempotency":[{"key":"12345678","operation":"x","status":201,"content_type":"application/json","body":"${body}","created_at":"2030-01-01T00:00:00Z"}]`
  )
const listed = '{"key":"tc_live_listed","scopes":["phone_numbers:read"]}'

/** Documents that are no state, whoever reads them. */
const hostileStates: Record<string, string> = {
  nothing: '',
  null: 'null',
  'a number': '1e999',
  'a list': '[]',
  'bytes of zero': '\0\0',
  'half a document': '{"version":1,"accounts":[',
  'a million brackets': nested(1_000_000),
  'accounts nested without end': `{"version":1,"accounts":${nested(100_000)}}`,
  'accounts of every type': '{"version":1,"accounts":[null,1,"x",[],true]}',
  'an account by prototype': `{"version":1,"accounts":[{"__proto__":{"account_id":"${account_id}"}}]}`,
  'an account twice': `{"version":1,"accounts":[{"account_id":"${account_id}"},{"account_id":"${account_id}"}]}`,
  'an id in upper case': `{"version":1,"accounts":[{"account_id":"${account_id.toUpperCase()}"}]}`,
  'an id that is a path': '{"version":1,"accounts":[{"account_id":"../../../../../../../../etc/passwd"}]}',
  'a name of half a pair': carrier('"trunk_type":"reg","sip_gateway":{"ipv4":"\\ud800"}'),
  'a port without end': carrier('"sip_gateway":{"port":1e999}'),
  'a port that is a fraction': carrier('"sip_gateway":{"port":0.5}'),
  'a day that is none': carrier('"created_at":"2030-02-30T00:00:00Z"'),
  'an hour that is none': carrier('"created_at":"2030-01-01T25:00:00Z"'),
  'an instant that is a number': carrier('"created_at":1e308'),
  'an instant that is no date': carrier('"created_at":"NaN"'),
  'a limit without end': '{"version":1,"accounts":[],"rate_limit":{"limit":1e999,"window":1e999}}',
  'a clock that is none': account('"clock":{"now":"+275760-09-13T00:00:00.001Z","frozen":true}'),
  'a match nested without end': fault(`"match":{"body":${nested(100_000)}}`),
  'a header with a line of its own': fault('"headers":{"x-a":"a\\r\\nb: c"}'),
  'a header with the name of a prototype': fault('"headers":{"__proto__":"x","a b":"c"}'),
  'an answer that is longer than a line': account(
    `"idempotency":[{"key":"12345678","operation":"x","status":201,"content_type":"a\\r\\nb: c","body":"","created_at":"2030-01-01T00:00:00Z"}]`
  ),
  'an answer that is no JSON': answered('oops'),
  'an answer that is a key': answered('tc_live_SECRET'),
  'an answer nested without end': answered(nested(20_000)),
  'one key for two accounts': `{"version":1,"accounts":[{"account_id":"${account_id}","keys":[${listed}]},{"account_id":"${randomUUID()}","keys":[${listed}]}]}`,
  'members that nobody knows': account('"toString":1,"hasOwnProperty":2')
}

t.test('a seed file with hostile content is refused in a sentence', t => {
  const file = `${t.testdir()}/seed.json`
  for (const [name, text] of Object.entries(hostileStates)) {
    writeFileSync(file, text)
    t.throws(() => readSeedFile(file), { message: /^the seed file .* cannot be used: (?!undefined).{5,300}\.$/ }, name)
  }
  t.notOk('account_id' in {})
  t.end()
})

t.test('an import of the same is refused with a problem, and changes nothing', async t => {
  const { url, control, create } = await testBench(t)
  await create({ key: 'before-the-imports' })
  const before = await control.state.export()
  for (const [name, body] of Object.entries(hostileStates)) {
    const answer = await fetch(`${url}/_topcalls/v1/state`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body
    })
    t.match(answer, { status: 400 }, name)
    t.match(await answer.json(), { title: /^Invalid/, detail: /^.{5,300}$/ })
  }
  t.same(await control.state.export(), before)
})

t.test('a key file with hostile content is refused in a sentence', t => {
  const file = `${t.testdir()}/keys.json`
  const key = (members: string) => `[{"key":"tc_live_x","account_id":"${account_id}","scopes":[],${members}}]`
  const hostile = {
    ...Object.fromEntries(
      ['nothing', 'null', 'a number', 'bytes of zero'].map(name => [name, hostileStates[name] ?? ''])
    ),
    'an object': '{"length":1,"0":{}}',
    'a million brackets': nested(1_000_000),
    'keys of every type': '[null,1,"x",[],true]',
    'a key by prototype': `[{"__proto__":{"key":"tc_live_x","account_id":"${account_id}","scopes":[]}}]`,
    'members of a prototype': key('"__proto__":{"revoked":true}'),
    'a member that nobody knows': key('"toString":1'),
    'a second key': key('"key":"tc_live_\\u0000"'),
    'half a pair': key('"key":"tc_live_\\ud800"'),
    'a line break': key('"key":"tc_live_x\\n"'),
    'a scope by prototype': key('"scopes":["constructor"]'),
    'scopes that are a text': key('"scopes":"phone_numbers:write"'),
    'an end that is none': key('"expires_at":"2030-02-30T00:00:00Z"'),
    'a revocation that is a text': key('"revoked":"false"')
  }
  for (const [name, text] of Object.entries(hostile)) {
    writeFileSync(file, text)
    t.throws(() => readKeys(file), { message: /^the key file .* cannot be used: (?!undefined).{5,300}\.$/ }, name)
  }
  t.end()
})

t.test('a large state is taken as a whole, and a large one with one fault not at all', async t => {
  const carriers = Array.from({ length: 20_000 }, () => ({ carrier_name: 'x' }))
  const { control } = await testBench(t)
  const state = { version: 1 as const, accounts: [{ account_id, carriers }] }
  await control.state.import(state)
  t.match(await control.info(), { counts: { carriers: carriers.length } })
  const faulty = { ...state, accounts: [{ account_id, carriers: [...carriers, { carrier_name: '' }] }] }
  await t.rejects(control.state.import(faulty), {
    name: 'ControlError',
    status: 400,
    message: /^accounts\.0\.carriers\.20000/
  })
  t.match(await control.info(), { counts: { carriers: carriers.length } })
})

t.test('a blank before or behind the name of a database opens no other file', t => {
  const folder = t.testdir()
  const foreign = new Sqlite(`${folder}/foreign.db`)
  foreign.exec('CREATE TABLE theirs (a)')
  for (const name of [` ${folder}/foreign.db`, `${folder}/foreign.db `, `\t${folder}/foreign.db\n`]) {
    t.throws(() => openDatabase(name), { name: 'Error', message: /^the database / }, JSON.stringify(name))
    t.same(foreign.prepare('SELECT name FROM sqlite_schema').pluck().all(), ['theirs'])
  }
  t.end()
})

t.test('a blank name is no database: nothing would be kept', async t => {
  for (const name of ['', ' ', '\t', '\n'])
    t.throws(() => openDatabase(name), { message: /^the database / }, JSON.stringify(name))
})

t.test('a NUL in a name leaves no file behind', t => {
  const folder = t.testdir()
  t.throws(() => openDatabase(`${folder}/a\0b.db`), { message: /^the database / })
  t.same(readdirSync(folder), [])
  t.end()
})

t.test('a file cannot speak to the terminal through a refusal', t => {
  const file = `${t.testdir()}/file.json`
  const hostile = '\x1b[2Jgone\n\u009b31m\u202e'
  const key = { key: 'tc_live_x', account_id, scopes: [] }
  writeFileSync(file, JSON.stringify([{ ...key, [hostile]: 1 }]))
  const obeyed = /[\p{C}\p{Zl}\p{Zp}]/u
  try {
    readKeys(file)
  } catch (error) {
    t.notMatch((error as Error).message, obeyed)
  }
  writeFileSync(file, JSON.stringify({ version: 1, accounts: [{ account_id, [hostile]: 1 }] }))
  try {
    readSeedFile(file)
  } catch (error) {
    t.notMatch((error as Error).message, obeyed)
  }
  t.end()
})
