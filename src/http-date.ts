import type { FastifyReply } from 'fastify'
import type { Clock } from './clock.ts'

let lastSecond = 0
let lastText = ''

/** Dates an answer by a clock that a tester may have steered; Node would take the time of the machine. */
export function dateAnswer(reply: FastifyReply, clock: Clock): void {
  const second = Math.floor(clock.now() / 1_000)
  if (second !== lastSecond) {
    lastSecond = second
    lastText = new Date(second * 1_000).toUTCString()
  }
  reply.header('date', lastText)
}
