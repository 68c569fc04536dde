const { createServer } = require('node:http')

// The floor: what Node takes to start, to read a request and to send an answer of the usual size. CommonJS, since an
// `import` of node:http loads Node's fetch as well, for its WebSocket, which doubles the start.
const answer = JSON.stringify({
  id: '0b7a3c5e-2f64-4c1e-8d0a-9b1c2d3e4f50',
  account_id: 'c1f1f0de-6f0a-5b5e-9a57-1d2c3b4a5968',
  voip_carrier_sid: '6d9f8e7c-5b4a-4392-8170-6f5e4d3c2b1a',
  sip_gateway_sid: '8e7d6c5b-4a39-4281-9f60-5e4d3c2b1a09',
  carrier_name: 'Bench',
  trunk_type: 'static_ip',
  created_at: '2030-01-01T12:00:00.000Z'
})
const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(answer) }

createServer((request, response) => {
  request.resume()
  request.on('end', () => response.writeHead(201, headers).end(answer))
}).listen(Number(process.argv[2]), '127.0.0.1')
