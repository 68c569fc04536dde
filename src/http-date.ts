import type { FastifyReply } from 'fastify'
import type { Clock } from './clock.ts'

/** Dates an answer by a clock that a tester may have steered; Node would take the time of the machine. */
export function dateAnswer(reply: FastifyReply, clock: Clock): void {
  reply.header('date', new Date(clock.now()).toUTCString())
}
