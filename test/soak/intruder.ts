import Sqlite from 'better-sqlite3'

// Another program at the same file: takes the write lock when it is told to, and lets go at the next word.

const [, , database = ''] = process.argv
const db = new Sqlite(database)

process.on('message', word => {
  db.exec(word === 'lock' ? 'BEGIN IMMEDIATE' : 'COMMIT')
  process.send?.(word as string)
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
