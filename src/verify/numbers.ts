import { randomInt } from 'node:crypto'

/** Area codes of large cities, in each of which 555-0100 to 555-0199 are kept for fiction: nobody can be called. */
const areaCodes = [
  202, 206, 212, 213, 214, 215, 303, 305, 312, 313, 314, 401, 402, 404, 405, 410, 412, 415, 504, 512, 513, 602, 612,
  615, 617, 702, 713, 718, 801, 808, 816, 901, 904, 907, 916, 919
]
const perCode = 100

/** Phone numbers in E.164 that are valid and belong to nobody, another one at each call; they begin at a random one. */
export function fictionalNumbers(): () => string {
  const all = areaCodes.length * perCode
  let next = randomInt(all)
  return () => {
    const number = `+1${areaCodes[Math.floor(next / perCode)]}55501${String(next % perCode).padStart(2, '0')}`
    next = (next + 1) % all
    return number
  }
}
