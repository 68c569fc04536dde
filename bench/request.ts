import { randomUUID } from 'node:crypto'

/** A request whose bytes stand ready, but for a UUID in them. */
export interface RequestBytes {
  bytes: Buffer
  /** Where the UUID begins. */
  at: number
  /** The UUID of the next request. */
  next(): string
}

const create = { carrier_name: 'Bench', sip_gateway: { ipv4: '203.0.113.10' } }
const always = randomUUID()

/** Requests of the same length, so that every row costs the client the same. */
export const requests = {
  keyed: () => request('idempotency-key', create, randomUUID),
  /** A header that nobody knows stands in the place of the key. */
  plain: () => request('correlation-tag', create, randomUUID),
  replay: () => request('idempotency-key', create, () => always),
  /** A host name on an inbound gateway. */
  refused: () => request('idempotency-key', { ...create, sip_gateway: { ipv4: 'example.com.' } }, randomUUID)
}

export type RequestKind = keyof typeof requests

function request(header: string, body: object, next: () => string): RequestBytes {
  const json = JSON.stringify(body)
  const head = [
    'POST /v1/phone-numbers/carriers HTTP/1.1',
    'host: 127.0.0.1',
    'connection: keep-alive',
    'authorization: Bearer tc_live_bench',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(json)}`,
    `${header}: `
  ].join('\r\n')
  return { bytes: Buffer.from(`${head}${randomUUID()}\r\n\r\n${json}`), at: head.length, next }
}
