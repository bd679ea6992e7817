import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InterchangeError } from '@interchange/messaging'
import type { Database, Transaction } from './database.ts'
import { addInboxMonths } from './inbox-months.ts'
import { lockSchema } from './schema-lock.ts'

/**
 * Brings the database's schema up to date: creates it, runs the store's own migrations, then the `*.sql` files of `directory` in
 * the order of their names, all in one transaction. Safe when several processes start at once. A file that changed after
 * it ran is refused. Answers the names of what it ran.
 */
export const migrate = (database: Database, directory?: string | URL): Promise<readonly string[]> =>
  database.transaction(async (tx) => {
    await tx.query("SET LOCAL statement_timeout = '60s'")
    await lockSchema(tx, database.schema)
    await tx.query(`CREATE SCHEMA IF NOT EXISTS ${database.schema}`)
    await tx.query(
      `CREATE TABLE IF NOT EXISTS migrations (
         name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    )
    const files = [...migrationFiles('store', ownDirectory)]
    if (directory !== undefined) files.push(...migrationFiles('service', pathOf(directory)))
    const applied = await pending(tx, files)
    await tx.query('SET LOCAL statement_timeout = 0')
    for (const file of applied) {
      await tx.query(file.sql)
      await tx.query('INSERT INTO migrations (name, checksum) VALUES ($1, $2)', [file.name, file.checksum])
    }
    await addInboxMonths(tx, Date.now(), 2)
    return applied.map(({ name }) => name)
  })

interface MigrationFile {
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

const pathOf = (directory: string | URL): string => (directory instanceof URL ? fileURLToPath(directory) : directory)

// The same path from `src` and from `dist`.
const ownDirectory = fileURLToPath(new URL('../migrations/', import.meta.url))

const migrationFiles = (set: string, directory: string): readonly MigrationFile[] =>
  readdirSync(directory)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const sql = readFileSync(join(directory, file), 'utf8')
      const checksum = createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex')
      return { name: `${set}/${file.slice(0, -'.sql'.length)}`, sql, checksum }
    })

const pending = async (tx: Transaction, files: readonly MigrationFile[]): Promise<readonly MigrationFile[]> => {
  const rows = await tx.query<{ name: string; checksum: string }>('SELECT name, checksum FROM migrations')
  const known = new Map(rows.map(({ name, checksum }) => [name, checksum]))
  const changed = files.find(({ name, checksum }) => known.has(name) && known.get(name) !== checksum)
  if (changed !== undefined) {
    throw new InterchangeError('ICX_STORE_MIGRATION', `${changed.name} was changed after it ran; add a new file`, {
      class: 'fatal',
      facts: { migration: changed.name },
    })
  }
  return files.filter(({ name }) => !known.has(name))
}
