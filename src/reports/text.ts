/**
 * What a reader would not see as it is, what moves the text around it, and what ends the line or has no form in XML or UTF-8:
 * controls (ANSI sequences begin with one), format characters with all that turn the direction, separators of lines,
 * halves of surrogate pairs, and code points that are no characters.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Noncharacter_Code_Point}]/gu

const short: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** As JSON writes a character that it does not show, so that in a text of JSON the value stays the same. */
function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  return short[character] ?? units.map(unit => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

/** A text of a server or a file, fit for a terminal: line feeds and tabs stay, what is not seen becomes an escape. */
export function visible(text: string): string {
  return text.replace(unseen, character => (character === '\n' || character === '\t' ? character : escaped(character)))
}

/** The same, in one line. */
export function oneLine(text: string): string {
  return text.replace(unseen, escaped)
}
