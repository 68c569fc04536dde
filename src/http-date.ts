import type { FastifyReply } from 'fastify'
import type { Clock } from './clock.ts'

let lastSecond = Number.NaN
let lastDate = ''

/** Dates an answer by a clock that a tester may have steered; Node would take the time of the machine. */
export function dateAnswer(reply: FastifyReply, clock: Clock): void {
  reply.header('date', httpDate(clock.now()))
}

/** An instant as HTTP writes it (RFC 9110, section 5.6.7). Written once for all answers of a second. */
function httpDate(instant: number): string {
  const second = Math.floor(instant / 1_000)
  if (second !== lastSecond) {
    lastSecond = second
    lastDate = new Date(instant).toUTCString()
  }
  return lastDate
}
