import { randomUUID } from 'node:crypto'
import { setTimeout as realSleep } from 'node:timers/promises'

export interface Carrier {
  carrier_name: string
  sip_gateway: { ipv4: string; port?: number; inbound?: boolean; outbound?: boolean }
}

export interface TopCallsOptions {
  baseUrl: string
  apiKey: string
  /** Waits between two attempts. */
  sleep?: (milliseconds: number) => Promise<unknown>
}

export class TopCallsError extends Error {
  override readonly name = 'TopCallsError'
  readonly status: number
  readonly retryAfterSeconds: number

  constructor({ status, headers }: Response, problem: { detail: string }) {
    super(problem.detail)
    this.status = status
    this.retryAfterSeconds = Number(headers.get('retry-after'))
  }
}

const mostAttempts = 4
const passing = new Set([429, 503])

export function createTopCalls({ baseUrl, apiKey, sleep = realSleep }: TopCallsOptions) {
  const url = new URL('/v1/phone-numbers/carriers', baseUrl)
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }

  return {
    async addCarrier(carrier: Carrier, key: string = randomUUID()): Promise<{ id: string; created_at: string }> {
      const request = { method: 'POST', headers: { ...headers, 'idempotency-key': key }, body: JSON.stringify(carrier) }
      for (let attempt = 1; ; attempt++) {
        try {
          const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(5_000) })
          const body = await answer.json()
          if (answer.ok) return body
          throw new TopCallsError(answer, body)
        } catch (error) {
          // Whatever is no refusal is a lost answer, and nobody knows what became of the request: the key decides.
          const refusal = error instanceof TopCallsError ? error : undefined
          if (attempt === mostAttempts || (refusal && !passing.has(refusal.status))) throw error
          await sleep(refusal?.retryAfterSeconds ? refusal.retryAfterSeconds * 1_000 : 100 * 2 ** attempt)
        }
      }
    }
  }
}
