import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { later } from '../clock.ts'
import { isObject } from '../json.ts'
import type { Strictness } from '../modes.ts'
import type { Behaviour } from '../observed.ts'
import { Problem } from '../problem.ts'
import { milliseconds } from '../schemas/common.ts'
import type { Fault } from '../schemas/fault.ts'
import type { CarrierStore } from '../store/carriers.ts'
import {
  asOf,
  type Next,
  noNext,
  type PhoneNumberRow,
  type PhoneNumberStore,
  systemCarrier
} from '../store/phone-numbers.ts'
import type { Position } from '../store/resources.ts'
import type { Numbered } from '../store/rows.ts'
import type { Writer } from '../store/writer.ts'
import { deletion } from './deletion.ts'
import { unknownMembers } from './findings.ts'
import { IdempotencyHeaders, type idempotency } from './idempotency.ts'
import { notFound, pathId } from './identified.ts'
import { ListQuery, listed } from './lists.ts'
import { loadNumberingPlans } from './numbering-plans.ts'
import { addPhoneNumber, deletePhoneNumber, getPhoneNumber, listPhoneNumbers } from './phone-number.docs.ts'
import { PhoneNumber, type PhoneNumberCreate, PhoneNumberCreated, phoneNumberCreate } from './phone-number.ts'
import { ref } from './responses.parts.ts'
import { judging } from './validation.ts'

interface Options {
  phoneNumbers: PhoneNumberStore
  carriers: CarrierStore
  writer: Writer
  strictness: Strictness
  behaviour: Behaviour
  creating: ReturnType<typeof idempotency>
  /** The fault by which a new number waits, if a tester wants that. */
  waiting(request: FastifyRequest): Fault | undefined
}

const Params = pathId('phone_number_id', 'The `id` of the number')
const readScope = { scope: 'phone_numbers:read' }
const writeScope = { scope: 'phone_numbers:write' }

export function phoneNumberRoutes(api: FastifyInstance, options: Options): void {
  const { phoneNumbers, carriers, writer, strictness, behaviour, creating, waiting } = options
  const Body = phoneNumberCreate(strictness, behaviour)
  for (const schema of [Body, PhoneNumberCreated, PhoneNumber]) api.addSchema(schema)
  const known = Object.fromEntries(Object.keys(Body.properties).map(name => [name, {}]))

  api.post(
    '/phone-numbers',
    {
      config: {
        ...writeScope,
        idempotent: true,
        findings: body => (isObject(body) ? unknownMembers(body, known) : [])
      },
      preParsing: loadNumberingPlans,
      validatorCompiler: judging({ body: Body }),
      schema: { ...addPhoneNumber(strictness, behaviour), headers: IdempotencyHeaders, body: ref(Body) }
    },
    creating<PhoneNumberCreate, PhoneNumberCreated>((request, { now, newId }) => {
      const { account, body } = request
      const carrier = carrierOf(account.id, body.voip_carrier_sid?.toLowerCase())
      if (phoneNumbers.isTaken(account.id, body.number)) {
        throw new Problem('conflict', 'The account has this number already; delete it to add it again', {
          rules: ['N11']
        })
      }
      const row = phoneNumbers.insert({
        id: newId(),
        account_id: account.id,
        number: body.number,
        ...carrier,
        phone_number_sid: newId(),
        label: body.label ?? null,
        error_message: null,
        created_by_user_id: null,
        created_at: now,
        updated_at: now,
        ...beginningOf(waiting(request), now)
      })
      return createdOf(row)
    })
  )

  function carrierOf(account: string, sid: string | undefined) {
    if (sid === undefined || sid === systemCarrier.voip_carrier_sid)
      return { ...systemCarrier, source: 'topcalls' as const }
    const carrier = carriers.find('voip_carrier_sid', sid, account)
    if (carrier) {
      const { voip_carrier_sid, carrier_name } = carrier
      return { voip_carrier_sid, carrier_name, source: 'byoc' as const }
    }
    const other = carriers.find('id', sid, account)
    const detail = other
      ? `voip_carrier_sid is the id of a carrier; send its voip_carrier_sid, ${other.voip_carrier_sid}`
      : 'The account has no carrier with this voip_carrier_sid'
    throw new Problem('not_found', detail, { rules: ['N10'] })
  }

  api.get<{ Querystring: ListQuery }>(
    '/phone-numbers',
    {
      config: readScope,
      validatorCompiler: judging({ querystring: ListQuery }),
      schema: { ...listPhoneNumbers(behaviour), querystring: ListQuery }
    },
    ({ account, query }) =>
      writer.read(() => {
        const now = account.clock.now()
        const read = (limit: number, behind?: Position) => phoneNumbers.list(account.id, limit, behind)
        return listed(behaviour, query, read, row => readOf(asOf(row, now)))
      })
  )

  api.get<{ Params: Static<typeof Params> }>(
    '/phone-numbers/:phone_number_id',
    {
      config: readScope,
      validatorCompiler: judging({ params: Params }),
      schema: { ...getPhoneNumber(behaviour), params: Params }
    },
    ({ account, params }) =>
      writer.read(() => readOf(asOf(findNumber(account.id, params.phone_number_id), account.clock.now())))
  )

  api.delete<{ Params: Static<typeof Params> }>(
    '/phone-numbers/:phone_number_id',
    {
      config: writeScope,
      validatorCompiler: judging({ params: Params }),
      schema: { ...deletePhoneNumber(behaviour), params: Params }
    },
    deletion<typeof Params>(writer, behaviour, ({ account, params }) => {
      const row = findNumber(account.id, params.phone_number_id)
      if (row.status === 'deleted') throw notFound('This phone number is deleted already')
      const { error_message } = asOf(row, account.clock.now())
      phoneNumbers.change(row, { ...noNext, status: 'deleted', error_message, updated_at: account.clock.now() })
    })
  )

  function findNumber(account: string, id: string): Numbered<PhoneNumberRow> {
    const row = phoneNumbers.find('id', id.toLowerCase(), account)
    if (!row) throw notFound('The account has no phone number with this id')
    return row
  }
}

/** How a number begins its life: active, or waiting for what a tester wants to become of it (N13). */
function beginningOf(fault: Fault | undefined, now: number): Next & Pick<PhoneNumberRow, 'status'> {
  if (!fault) return { ...noNext, status: 'active' }
  const { becomes = 'active', after, error_message = null } = fault
  if (after === undefined) return { ...noNext, status: 'pending' }
  const next_at = later(now, milliseconds(after))
  return { status: 'pending', next_status: becomes, next_at, next_error_message: error_message }
}

const instantOf = (milliseconds: number): string => new Date(milliseconds).toISOString()

/** A number as the answer that adds it tells it. */
function createdOf(row: PhoneNumberRow): PhoneNumberCreated {
  const { id, number, voip_carrier_sid, carrier_name, source, phone_number_sid, status, label, account_id } = row
  const created_at = instantOf(row.created_at)
  const told = {
    id,
    number,
    voip_carrier_sid,
    carrier_name,
    source,
    phone_number_sid,
    status,
    label,
    account_id,
    created_at
  }
  // A row may hold more than a new number has.
  return told as PhoneNumberCreated
}

function readOf(row: PhoneNumberRow): PhoneNumber {
  return {
    id: row.id,
    account_id: row.account_id,
    number: row.number,
    source: row.source,
    status: row.status,
    phone_number_sid: row.phone_number_sid,
    voip_carrier_sid: row.voip_carrier_sid,
    carrier_name: row.carrier_name,
    label: row.label,
    error_message: row.error_message,
    created_by_user_id: row.created_by_user_id,
    created_at: instantOf(row.created_at),
    updated_at: instantOf(row.updated_at)
  }
}
