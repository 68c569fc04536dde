/** The folder of this package, whether the sources run or the built program. */
export const packageFolder = new URL('.', import.meta.resolve('fake-topcalls/package.json'))
