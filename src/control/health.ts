import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.ts'
import { type Database, obstacleOf, schemaVersion } from '../store/database.ts'
import type { Writer } from '../store/writer.ts'

/**
 * `livez` and `readyz`, outside of authentication and everything that a reset clears. The port opens only after the
 * migrations, so before them there is no answer at all; `readyz` asks the database each time all the same.
 */
export function healthRoutes(control: FastifyInstance, { db, writer }: { db: Database; writer: Writer }): void {
  const obstacle = obstacleOf(db)

  control.get('/livez', async () => ({ status: 'ok' }))

  control.get('/readyz', async () => {
    const said = obstacle()
    if (said) throw new Problem('unavailable', said)
    if (db.pragma('user_version', { simple: true }) !== schemaVersion) {
      throw new Problem('unavailable', 'The database file has another schema than this server')
    }
    // Nobody may have tried since the disk was full.
    if (writer.failing()) await writer.write(() => db.pragma(`user_version = ${schemaVersion}`))
    return { status: 'ok' }
  })
}
