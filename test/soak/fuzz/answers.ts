import { promised } from '../soak.ts'

export interface Answer {
  status: number
  headers: Map<string, string>
  /** Its bytes, one character each; none where the request was HEAD. */
  body: string
}

const statusLine = /^HTTP\/1\.1 (\d{3}) [ -~]+$/
const headerLine = /^([!#$%&'*+.^_`|~\w-]+): ([ -~\x80-\xff]*)$/

/**
 * Reads every answer that a connection carried.
 * @param methods of the requests, in order, as far as they are known
 * @throws {Error} where that is not HTTP to the last byte
 */
export function answersIn(received: Buffer, methods: readonly string[] = []): Answer[] {
  const answers: Answer[] = []
  for (let rest = received.toString('latin1'); rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n')
    promised(end > 0, `no whole head: ${JSON.stringify(rest.slice(0, 200))}`)
    const { status, headers } = headOf(rest.slice(0, end))
    rest = rest.slice(end + 4)
    if (status === 100) continue
    const length = lengthOf(status, headers)
    const method = methods[answers.length]
    // Of a changed request nobody knows the method; an answer to HEAD is one where the next thing is no body.
    const headless = method === undefined ? rest === '' || rest.startsWith('HTTP/1.1 ') : method === 'HEAD'
    const body = headless ? '' : rest.slice(0, length)
    promised(headless || body.length === length, `${body.length} of ${length} bytes of a body`)
    rest = rest.slice(body.length)
    answers.push({ status, headers, body })
    promised(rest === '' || !closes({ headers }), 'something behind the answer that was to be the last')
  }
  return answers
}

function headOf(head: string): { status: number; headers: Map<string, string> } {
  const [first = '', ...lines] = head.split('\r\n')
  const status = Number(statusLine.exec(first)?.[1])
  promised(status >= 100, `no status line: ${JSON.stringify(first)}`)
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name = '', value = ''] = headerLine.exec(line) ?? []
    promised(name !== '' && !headers.has(name.toLowerCase()), `a bad or doubled header: ${JSON.stringify(line)}`)
    headers.set(name.toLowerCase(), value)
  }
  return { status, headers }
}

function lengthOf(status: number, headers: Map<string, string>): number {
  const text = headers.get('content-length')
  promised(!headers.has('transfer-encoding'), 'an answer in chunks')
  if (status === 204) promised(text === undefined, '204 with a length')
  else promised(/^\d+$/.test(text ?? ''), `${status} with the length ${text}`)
  return Number(text ?? 0)
}

export const closes = ({ headers }: Pick<Answer, 'headers'>): boolean => headers.get('connection') === 'close'

export const isNewCarrier = ({ status, headers, body }: Answer): boolean =>
  status === 201 &&
  !headers.has('idempotent-replayed') &&
  body.includes('"sip_gateway_sid"') &&
  !body.startsWith('{"data"')

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** @throws {Error} where an answer is not as any request may expect it */
export function judgeAnswer({ status, headers, body }: Answer): void {
  const id = headers.get('x-request-id') ?? ''
  promised(status < 500, `answered ${status}: ${body}`)
  promised(uuid.test(id) && headers.has('date'), `${status} without x-request-id or date`)
  if (status < 400) return
  promised(headers.get('content-type') === 'application/problem+json', `${status} is no problem document`)
  if (body === '') return
  const problem = JSON.parse(Buffer.from(body, 'latin1').toString())
  const { type, title, detail, instance } = problem
  const texts = [type, title, detail].every(text => typeof text === 'string' && text !== '')
  promised(texts && problem.status === status && instance === id, `an incomplete problem document: ${body}`)
}
