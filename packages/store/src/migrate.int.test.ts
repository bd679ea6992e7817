import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testDatabase } from './database.fixture.ts'
import { migrate } from './migrate.ts'

const directoryOf = (files: Readonly<Record<string, string>>): string => {
  const directory = mkdtempSync(join(tmpdir(), 'ix-migrations-'))
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(directory, name), sql)
  return directory
}

test('processes that start at once run each migration once', async () => {
  const first = testDatabase({ poolMax: 2 })
  const others = Array.from({ length: 4 }, () => testDatabase({ schema: first.schema, poolMax: 2 }))
  const directory = directoryOf({
    '0002-second.sql': 'ALTER TABLE account ADD COLUMN name text;',
    '0001-first.sql': 'CREATE TABLE account (id integer PRIMARY KEY); INSERT INTO account VALUES (1);',
  })
  const applied = await Promise.all([first, ...others].map((database) => migrate(database, directory)))
  expect(applied.flat().filter((name) => name.startsWith('service/'))).toEqual([
    'service/0001-first',
    'service/0002-second',
  ])
  expect(applied.filter((names) => names.includes('store/0001-inbox'))).toHaveLength(1)
  expect(await first.query('SELECT id, name FROM account')).toEqual([{ id: 1, name: null }])
  await Promise.all([first, ...others].map((database) => database.close()))
})

test('a later file runs alone, and a file that fails leaves nothing behind', async () => {
  const database = testDatabase()
  const directory = directoryOf({ '0001-first.sql': 'CREATE TABLE account (id integer);' })
  await migrate(database, directory)
  writeFileSync(join(directory, '0002-bad.sql'), 'CREATE TABLE half (id integer); SELECT no_such_function();')
  await expect(migrate(database, directory)).rejects.toMatchObject({ code: 'ICX_STORE_SCHEMA' })
  writeFileSync(join(directory, '0002-bad.sql'), 'CREATE TABLE half (id integer);')
  expect(await migrate(database, directory)).toEqual(['service/0002-bad'])
  await database.close()
})

test('a file that was changed after it ran is refused', async () => {
  const database = testDatabase()
  const directory = directoryOf({ '0001-first.sql': 'CREATE TABLE account (id integer);' })
  await migrate(database, directory)
  writeFileSync(join(directory, '0001-first.sql'), 'CREATE TABLE account (id bigint);')
  await expect(migrate(database, directory)).rejects.toMatchObject({
    code: 'ICX_STORE_MIGRATION',
    failureClass: 'fatal',
    facts: { migration: 'service/0001-first' },
  })
  await database.close()
})
