import t from 'tap'
import { redactedHeaders, redactedJson } from '../src/redaction.ts'

t.test('a password in an address and under more names, is redacted', t => {
  const kept = (value: unknown) => redactedJson(JSON.stringify(value))
  t.notMatch(kept({ note: 'sip:1001:grep-me@sip.example' }), /grep-me/)
  t.notMatch(kept({ note: 'https://user:grep-me@sip.example/x' }), /grep-me/)
  for (const address of [
    'https://user:grep:me@host',
    'https://user:grep@me@host',
    'sip:1001:grep:me@host;transport=udp',
    'https://host/a?next=https://user:grep-me@host',
    'see sip:1001:grep-me@host,sip:1002:grep-me@host'
  ])
    t.notMatch(kept({ note: address }), /grep|me/, address)
  for (const address of ['sip:1001@host', 'https://host:8080/a@b', 'mailto:me@host', 'a:b', '1:2 me@host'])
    t.equal(kept({ note: address }), JSON.stringify({ note: address }))
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
