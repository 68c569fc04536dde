import t from 'tap'
import { testBench } from './fixtures/bench.ts'
import { sendRaw } from './fixtures/socket.ts'

t.test('a page whose name was pointed here may not use the emulated API either', async t => {
  const { url, create } = await testBench(t)
  const port = new URL(url).port
  const foreign = await sendRaw(
    url,
    `POST /v1/phone-numbers/carriers HTTP/1.1\r\nHost: evil.example:${port}\r\nOrigin: http://evil.example:${port}\r\nAuthorization: Bearer tc_live_demo\r\nContent-Type: application/json\r\nContent-Length: 58\r\nConnection: close\r\n\r\n{"carrier_name":"x","sip_gateway":{"ipv4":"203.0.113.10"}}`
  )
  t.equal(foreign[0]?.status, 403)
  t.match(await create({ headers: { origin: url } }), { status: 201 }, 'the page of the documentation may')
})
