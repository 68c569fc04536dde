// For the checker only: nothing of this reaches a browser.
import type { Coverage } from '../schemas/coverage.ts'
import type { Entry } from '../schemas/request.ts'

export type { VNode } from 'preact'
export type { ClockReading } from '../schemas/clock.ts'
export type { Fault, FaultRequest } from '../schemas/fault.ts'
export type { Info } from '../schemas/info.ts'
export type { KeyInfo, MintedKey } from '../schemas/key.ts'
export type { CarrierView, PhoneNumberView, RecordView } from '../schemas/storage.ts'
export type { Coverage, Entry }

export type Rule = Coverage['rules'][number]

/** An entry as the stream tells it: without headers and bodies. */
export interface Brief extends Omit<Entry, 'headers' | 'body' | 'answer'> {
  /** The n-th request that came to the page. */
  number: number
}

/** An event of the stream. */
export interface Told {
  /** The start of the server, and the number of a request since then. */
  id?: string
  entry?: Omit<Brief, 'number'>
  /** How many requests the journal had no room for. */
  dropped?: number
}

/** What the list is narrowed to. */
export interface Wanted {
  outcome: string
  status: string
  key: string
  text: string
}

/** Requests with one idempotency key of one account, oldest first. */
export interface Thread {
  id: string
  account: string | null
  key: string
  entries: Brief[]
}

/** What became of one request of a thread. */
export interface Step {
  entry: Brief
  kind: 'created' | 'again' | 'lost' | 'replayed' | 'mismatch' | 'refused' | 'failed'
  text: string
}

/** What all views get. */
export interface View {
  /** The account that is looked at; empty: all. */
  account: string
  /** The words of the address behind the view's name. */
  path: string[]
}

export interface Page<Row> {
  data: Row[]
  next_cursor: string | null
  total: number
}
