import t from 'tap'
import { carrierStore } from '../src/store/carriers.ts'
import { type Database, openDatabase } from '../src/store/database.ts'
import { phoneNumberStore } from '../src/store/phone-numbers.ts'
import { textStore } from '../src/store/texts.ts'

// A list that looks at every row of a file gives the right answers, and slow ones to whoever shares the file with a big account.
// How long it takes says nothing on a small file, so SQLite is asked how it goes about.

interface Executed {
  sql: string
  values: unknown[]
}

/** Lets a database tell what is executed of all that is prepared from now on. */
function watch(db: Database): Executed[] {
  const executed: Executed[] = []
  const prepare = db.prepare.bind(db)
  db.prepare = ((sql: string) => {
    const statement = prepare(sql)
    for (const name of ['all', 'get', 'run'] as const) {
      const execute = statement[name].bind(statement) as (...values: unknown[]) => unknown
      const value = (...values: unknown[]) => {
        executed.push({ sql, values })
        return execute(...values)
      }
      Object.defineProperty(statement, name, { value })
    }
    return statement
  }) as Database['prepare']
  return executed
}

const account = 'an account'
const id = '5a0c3f5e-0d52-4c4b-9d0e-3b8f5d1f7a11'
const behind = { created_at: 1, rowid: 1 }

t.test('lists and look-ups go by an index and sort nothing', t => {
  const db = openDatabase(':memory:')
  t.teardown(() => db.close())
  const plan = db.prepare.bind(db)
  const executed = watch(db)
  const context = { db, texts: textStore(db), seeded: false }
  const carriers = carrierStore(context)
  const numbers = phoneNumberStore(context)
  context.texts.number(account)

  const table: [work: string, index: RegExp, run: () => unknown][] = [
    ['carriers, the first page', /carriers_by_account/, () => carriers.list(account, 50)],
    ['carriers, a following page', /carriers_by_account/, () => carriers.list(account, 50, behind)],
    ['numbers, the first page', /phone_numbers_by_account/, () => numbers.list(account, 50)],
    ['numbers, a following page', /phone_numbers_by_account/, () => numbers.list(account, 50, behind)],
    ['whether there are carriers', /carriers_by_account/, () => carriers.isEmpty(account)],
    ['a carrier by its id', /PRIMARY KEY|carriers_by_given_id/, () => carriers.find('id', id, account)],
    [
      'a carrier by its sid',
      /PRIMARY KEY|carriers_by_given_voip/,
      () => carriers.find('voip_carrier_sid', id, account)
    ],
    ['a carrier of any account', /PRIMARY KEY|carriers_by_given_id/, () => carriers.find('id', id)],
    ['a number by its id', /PRIMARY KEY|phone_numbers_by_given_id/, () => numbers.find('id', id, account)],
    ['whether a number is taken', /phone_numbers_by_number/, () => numbers.isTaken(account, '+12025550123')],
    ['how many a carrier has', /phone_numbers_by_carrier/, () => numbers.countOf(account, id)],
    ['the newest carrier', /carriers_by_account/, () => carriers.newestAt(account)],
    ['the newest change', /phone_numbers_by_change/, () => numbers.newestAt(account)]
  ]
  for (const [work, index, run] of table) {
    executed.length = 0
    run()
    const plans = executed.flatMap(({ sql, values }) =>
      (plan(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[]).map(({ detail }) => detail)
    )
    t.ok(plans.length > 0, work)
    for (const one of plans) {
      t.match(one, /^SEARCH /, work)
      t.match(one, index, work)
    }
  }
  t.end()
})
