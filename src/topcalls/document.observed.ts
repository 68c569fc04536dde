import { type Behaviour, departures, type Observed, switches } from '../observed.ts'

/** What a document says in words of what was observed elsewhere; empty where no guess was found to be wrong. */
export function wordsOfObserved(observed: Observed | undefined): string {
  const { url, observed_at } = observed ?? {}
  const where = [url && ` of ${url}`, observed_at && ` at ${observed_at}`].filter(Boolean).join('')
  const lines = Object.entries(departures(observed)).map(([name, value]) => {
    const { text, rules } = switches[name as keyof Behaviour]
    return `- ${text}: \`${JSON.stringify(value)}\` (${rules.join(', ')})`
  })
  if (lines.length === 0) return ''
  return `\n\nObserved${where}, in the place of guesses of the fake (\`observed\` as a source):\n\n${lines.join('\n')}`
}
