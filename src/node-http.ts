import type http from 'node:http'
import { createRequire } from 'node:module'

// By `require`: an `import` makes an export of each of the module's lazy members and so loads fetch, HTTP/2 and TLS, which
// takes about 100 ms of each start.
export const { get, STATUS_CODES, validateHeaderName, validateHeaderValue }: typeof http = createRequire(
  import.meta.url
)('node:http')
