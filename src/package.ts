/** The folder of this package: one up, from the sources and from the built program. */
export const packageFolder = new URL('..', import.meta.url)
