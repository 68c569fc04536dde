import Format from 'typebox/format'

/** `libphonenumber-js` with the metadata that it has by itself, once it was asked for. */
let plans: typeof import('libphonenumber-js/min') | undefined

/** Loads the numbering plans, which few servers need and which take some milliseconds. Validators need them. */
export async function loadNumberingPlans(): Promise<void> {
  plans ??= await import('libphonenumber-js/min')
}

const isE164 = (text: string): boolean => /^\+[1-9][0-9]{1,14}$/.test(text)
const isPossible = (text: string): boolean => plans?.isPossiblePhoneNumber(text) === true

// Each tells its own fault only, so that a number has one.
Format.Set('possible-phone-number', text => !isE164(text) || isPossible(text))
Format.Set('valid-phone-number', text => !isE164(text) || !isPossible(text) || plans?.isValidPhoneNumber(text) === true)
