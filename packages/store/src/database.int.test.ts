import { expect, test } from 'vitest'
import { testDatabase } from './database.fixture.ts'
import { createDatabase } from './database.ts'

test('a schema name that would have to be quoted is refused', () => {
  const create = () => createDatabase({ url: 'postgres://localhost/x', schema: 'ledger; drop schema public' })
  expect(create).toThrow(expect.objectContaining({ code: 'ICX_CONFIG_INVALID' }))
})

test('a statement that takes too long is cut off and may be tried again', async () => {
  const database = testDatabase({ statementTimeoutMs: 100 })
  await expect(database.query('SELECT pg_sleep(5)')).rejects.toMatchObject({
    code: 'ICX_STORE_CONTENTION',
    failureClass: 'transient',
  })
  await database.close()
})

test('a process that stands still in a transaction lets go of its rows, and has done nothing', async () => {
  const [stopped, next] = [testDatabase({ idleInTransactionMs: 300 }), testDatabase()]
  const table = `public.${next.schema}`
  await next.query(`CREATE TABLE ${table} (id integer PRIMARY KEY, owner text)`)
  const insert = `INSERT INTO ${table} VALUES (1, $1) ON CONFLICT DO NOTHING`
  const [held, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]

  const work = stopped.transaction(async (tx) => {
    await tx.execute(insert, ['stopped'])
    held.resolve()
    await over.promise
    await tx.execute(`UPDATE ${table} SET owner = 'stopped'`)
  })
  await held.promise
  await next.query(insert, ['next'])
  over.resolve()
  await expect(work).rejects.toMatchObject({ code: 'ICX_STORE_UNAVAILABLE', failureClass: 'outage' })
  expect(await next.query(`SELECT owner FROM ${table}`)).toEqual([{ owner: 'next' }])
  await Promise.all([stopped.close(), next.close()])
})
