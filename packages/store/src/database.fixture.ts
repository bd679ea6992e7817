import { randomBytes } from 'node:crypto'
import { createDatabase, type Database, type DatabaseOptions } from './database.ts'

/** A database handle on a schema of its own, for tests; `DATABASE_URL` comes from the global set-up. */
export const testDatabase = (options: Partial<DatabaseOptions> = {}): Database => {
  const url = process.env['DATABASE_URL']
  if (url === undefined) throw new Error('DATABASE_URL is not set: run the int project, whose set-up starts Postgres')
  return createDatabase({ url, schema: `store_test_${randomBytes(6).toString('hex')}`, ...options })
}
