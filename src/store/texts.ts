import type { Database } from './database.ts'
import type { Follower } from './writer.ts'

/** A number that no text has. */
export const noText = -1

const rememberedTexts = 20_000

export type TextStore = ReturnType<typeof textStore>

/** Texts that many rows share, each kept once under a number. */
export function textStore(db: Database) {
  const find = db.prepare<[string], number>('SELECT number FROM texts WHERE text = ?').pluck()
  const read = db.prepare<[number], string>('SELECT text FROM texts WHERE number = ?').pluck()
  const add = db.prepare<[string], number>('INSERT INTO texts (text) VALUES (?) RETURNING number').pluck()

  const numbers = new Map<string, number>()
  const texts = new Map<number, string>()
  /** What the present transaction has met; a number that it has given is free again if it fails. */
  const met = new Map<string, number>()

  function meet(text: string, number: number | undefined): number | undefined {
    if (number !== undefined) met.set(text, number)
    return number
  }

  /** The number of a text, if it has one. */
  const known = (text: string): number | undefined => numbers.get(text) ?? met.get(text) ?? meet(text, find.get(text))

  const followed: Follower = {
    committed() {
      if (met.size === 0) return
      if (numbers.size + met.size > rememberedTexts) for (const map of [numbers, texts]) map.clear()
      for (const [text, number] of met) {
        numbers.set(text, number)
        texts.set(number, text)
      }
      met.clear()
    },
    undone: () => met.clear()
  }

  return {
    ...followed,
    known,
    /** The number of a text, which gets one if it has none; inside of a write. */
    number: (text: string): number => known(text) ?? (meet(text, add.get(text)) as number),
    /** The text of a number that a row has. */
    text(number: number): string {
      const remembered = texts.get(number)
      if (remembered !== undefined) return remembered
      const found = read.get(number) as string
      met.set(found, number)
      return found
    }
  }
}
