import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.ts'
import { type Database, placeOf, schemaVersion } from '../store/database.ts'

/**
 * `livez` and `readyz`, outside of authentication and everything that a reset clears. The port opens only after the
 * migrations, so before them there is no answer at all; `readyz` asks the database each time all the same.
 */
export function healthRoutes(control: FastifyInstance, { db }: { db: Database }): void {
  const inPlace = placeOf(db)

  control.get('/livez', async () => ({ status: 'ok' }))

  control.get('/readyz', async () => {
    if (!inPlace() || migratedTo(db) !== schemaVersion) {
      throw new Problem('unavailable', 'The database is not ready')
    }
    return { status: 'ok' }
  })
}

function migratedTo(db: Database): unknown {
  try {
    return db.pragma('user_version', { simple: true })
  } catch {
    return undefined
  }
}
