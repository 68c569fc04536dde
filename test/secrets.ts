import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { connect } from '../src/index.ts'
import { postCarrier } from './fixtures/bench.ts'
import { plainCarrier } from './fixtures/emulator.ts'
import { started } from './fixtures/program.ts'

t.test(
  'no token and no SIP password is in the database, its WAL, the log, the journal, an export or an error',
  async t => {
    const database = `${t.testdir()}/fake.db`
    const secrets = ['tc_live_grep-me', 'tc_live_grep-minted', 'sip-password-grep', 'control-token-grep']
    const [token, listed, password, controlToken] = secrets as [string, string, string, string]
    const server = await started(t, ['--database', database, '--log-level', 'trace'], {
      TOPCALLS_CONTROL_TOKEN: controlToken
    })
    const control = connect(server.url, { token: controlToken })
    const told: unknown[] = []
    const tell = async (call: Promise<unknown>) => told.push(await call.catch((error: unknown) => String(error)))

    const credentials = { username: 'u', password }
    const bodies = [
      { ...plainCarrier, trunk_type: 'reg', registration: credentials },
      {
        ...plainCarrier,
        trunk_type: 'auth',
        inbound_auth: { inbound_auth_username: 'u', inbound_auth_password: password }
      },
      { ...plainCarrier, trunk_type: 'reg', registration: { ...credentials, password: ` ${password.repeat(5)}` } },
      { ...plainCarrier, trunk_type: 'reg', registration: { ...credentials, realm: 1 } }
    ]
    await tell(control.faults.arm({ phase: 'after', kind: 'reset', times: 1, account: token } as never))
    for (const [index, body] of bodies.entries()) {
      const key = `grep-key-number-${index}`
      await tell(postCarrier(server.url, { token, key, body }).then(answer => answer.text()))
      await tell(
        postCarrier(server.url, { token, key, body: { ...body, extra: { password } } }).then(answer => answer.text())
      )
      await tell(
        postCarrier(server.url, { token: `${token}`, body: JSON.stringify(body).slice(0, -2) }).then(answer =>
          answer.text()
        )
      )
    }
    await control.keys.mint({ key: listed, scopes: [] })
    await tell(postCarrier(server.url, { token: listed }).then(answer => answer.text()))
    await tell(connect(server.url, { token: 'wrong' }).info())
    await tell(control.forAccount(`${token} `).clock.get())
    const own = control.forAccount(token)
    for (const call of [
      own.requests.list(),
      own.state.export(),
      own.carriers.list(),
      own.idempotency.list(),
      control.info()
    ]) {
      await tell(call)
    }
    await tell(own.requests.verify({ match: { body: { registration: { username: 'x' } } } }))
    await tell(control.keys.list())
    t.ok((await own.requests.list()).total >= 10)

    const everything = () => [
      ['what was told', JSON.stringify(told)],
      ['the log', server.log()],
      ...[database, `${database}-wal`].filter(existsSync).map(file => [file, readFileSync(file, 'latin1')])
    ]
    const grep = () => {
      for (const [where, text] of everything())
        for (const secret of secrets) t.notOk(text?.includes(secret), `${where}: ${secret}`)
    }
    grep()
    await server.stop('SIGTERM')
    grep()
  }
)
