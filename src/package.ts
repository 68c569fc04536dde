import { findPackageJSON } from 'node:module'
import { pathToFileURL } from 'node:url'

/** The folder of this package, whether the sources run or the built program, which has fewer folders. */
export const packageFolder = new URL('.', pathToFileURL(findPackageJSON(import.meta.url) as string))
