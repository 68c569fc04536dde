import type { Results } from '../results.ts'

/**
 * Turns what a run has found into a text that ends with a line feed.
 * @param stream where the text goes, if a person may sit there: it decides whether there are colours
 */
export type Reporter = (results: Results, stream?: NodeJS.WritableStream) => string

/** Each reporter by its name, loaded when it is asked for. */
export const reporters = {
  spec: async () => (await import('./spec.ts')).spec,
  tap: async () => (await import('./tap.ts')).tap,
  junit: async () => (await import('./junit.ts')).junit,
  json: async () => (await import('./json.ts')).json,
  html: async () => (await import('./html.ts')).html
} satisfies Record<string, () => Promise<Reporter>>

export type ReporterName = keyof typeof reporters
