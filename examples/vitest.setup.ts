import { startFakeTopCalls } from 'fake-topcalls'

/** One server for all test files, which Vitest runs in processes of their own. */
export async function setup() {
  const server = await startFakeTopCalls()
  process.env.TOPCALLS_BASE_URL = server.url
  return () => server.close()
}
