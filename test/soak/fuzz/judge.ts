import { promised } from '../soak.ts'
import { type Answer, answersIn, closes, judgeAnswer } from './answers.ts'
import type { Case } from './cases.ts'
import type { Exchange } from './exchange.ts'

/** @throws {Error} that tells what was sent, where the answers are not those that the case must get */
export function judged(one: Case, exchange: Exchange): Answer[] {
  try {
    return judge(one, exchange)
  } catch (error) {
    const { kind, leaves, pieces } = one
    const sent = JSON.stringify(pieces.map(piece => piece.toString('latin1')))
    const sender = leaves === undefined ? kind : `${kind} that ${leaves}`
    throw new Error(`${(error as Error).message}\n${sender}, in Latin-1: ${sent}`)
  }
}

function judge({ expected, broken, leaves }: Case, { received, failure, nudged }: Exchange): Answer[] {
  const answers = answersIn(
    received,
    expected?.map(({ method }) => method)
  )
  for (const answer of answers) judgeAnswer(answer)
  if (leaves) return answers

  promised(failure === undefined, `the connection failed: ${failure}`)
  promised(nudged || answers.length > 0, 'closed without an answer')
  if (!expected) return answers
  const due = expected.length + (broken ? 1 : 0)
  promised(answers.length === due, `${answers.length} answers to ${due} requests`)
  promised(answers.findIndex(closes) === due - 1, 'not the last answer is the one that closes')
  for (const [index, { status, body }] of answers.entries()) {
    const { statuses, says = '' } = expected[index] ?? { statuses: [400, 413, 431] }
    promised(
      statuses.includes(status),
      `request ${index} was answered ${status}, not ${statuses.join(' or ')}: ${body}`
    )
    promised(body.includes(says), `request ${index} got the answer to another, without ${says}: ${body}`)
  }
  return answers
}
