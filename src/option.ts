import { parseInstant } from './clock.ts'

export interface Option<T> {
  /** What stands behind the flag in --help; nothing for a flag without a value. */
  value?: string
  description: string
  fallback: T
  /** Where it is not the name of the flag. */
  variable?: string
  /** Whether a wrong value must not be repeated. */
  secret?: boolean
  /** What the value must be, as the end of a sentence. */
  expected: string
  /** The value of a text, or undefined where the text is not acceptable. */
  parse(text: string): T | undefined
}

export function text<T extends string | undefined>(
  value: string,
  fallback: T,
  description: string
): Option<string | T> {
  return { value, description, fallback, expected: 'a text that is not empty', parse: given => given || undefined }
}

export function integer(
  value: string,
  fallback: number,
  [least, most]: [number, number],
  description: string
): Option<number> {
  const parse = (given: string): number | undefined => {
    const number = /^(0|[1-9]\d{0,8})$/.test(given) ? Number(given) : Number.NaN
    return number >= least && number <= most ? number : undefined
  }
  return { value, description, fallback, expected: `an integer from ${least} to ${most}`, parse }
}

export function choice<T extends string>(choices: readonly T[], fallback: NoInfer<T>, description: string): Option<T> {
  const parse = (given: string) => choices.find(one => one === given)
  return { value: choices.join('|'), description, fallback, expected: `one of ${choices.join(', ')}`, parse }
}

export function list(value: string, description: string): Option<string[] | undefined> {
  const parse = (given: string) => {
    const items = given.split(',').map(item => item.trim())
    return items.every(item => item !== '') ? items : undefined
  }
  return { value, description, fallback: undefined, expected: 'names, separated by commas', parse }
}

export function instant(value: string, description: string): Option<string | undefined> {
  const parse = (given: string) => (parseInstant(given) === undefined ? undefined : given)
  return { value, description, fallback: undefined, expected: 'an instant such as 2030-01-01T00:00:00Z', parse }
}

/** A flag that has no value; its variable is true or false. */
export function flag(description: string): Option<boolean> {
  const values = new Map([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false]
  ])
  return { description, fallback: false, expected: 'true or false', parse: given => values.get(given) }
}

export const optional = <T>(option: Option<T>): Option<T | undefined> => ({ ...option, fallback: undefined })
