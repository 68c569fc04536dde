import t from 'tap'
import { redactedHeaders, redactedJson } from '../src/redaction.ts'

t.test('a password in an address and under more names, is redacted', t => {
  const kept = (value: unknown) => redactedJson(JSON.stringify(value))
  t.notMatch(kept({ note: 'sip:1001:grep-me@sip.example' }), /grep-me/)
  t.notMatch(kept({ note: 'https://user:grep-me@sip.example/x' }), /grep-me/)
  t.notMatch(redactedHeaders({ referer: 'http://user:grep-me@sip.example/' }), /grep-me/)
  t.notMatch(redactedHeaders({ referer: '/a?b=c&PassWord=grep-me' }), /grep-me/)
  t.notMatch(redactedHeaders({ referer: '/TC%5Flive%255fgrep-me' }), /grep-me/)
  for (const name of ['pw', 'sip_pw', 'PW', 'private_key', 'signature', 'ha1', 'passwort', 'kennwort'])
    t.notMatch(kept({ [name]: 'grep-me' }), /grep-me/, name)
  for (const value of ['Basic grep-me', 'Digest response="grep-me"', 'bearer grep-me'])
    t.notMatch(redactedHeaders({ 'x-forwarded-auth': value }), /grep-me/)
  t.notMatch(kept({ registration: 'grep-me', inbound_auth: ['grep-me'] }), /grep-me/)
  t.end()
})
