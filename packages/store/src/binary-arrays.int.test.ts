import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bigintArray, byteaArray, integerArray, textArray, uuidArray } from './binary-arrays.ts'
import { testDatabase } from './database.fixture.ts'
import type { Database } from './database.ts'

let database: Database
beforeAll(async () => {
  database = testDatabase()
  await database.query(`CREATE SCHEMA IF NOT EXISTS ${database.schema}`)
})
afterAll(() => database.close())

const uuids = [randomUUID(), '00000000-0000-0000-0000-000000000000', 'FFFFFFFF-ffff-ffff-ffff-ffffffffffff']
const integers = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)]
const bigints = [0, 1, -1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
const texts = ['orders', '', 'orders', '{"a", \\b}', 'NULL', 'Ünïcødé 🙂']
const blobs = [Buffer.from([0, 1, 255]), Buffer.alloc(0), Buffer.from('\\x00')]

test.each([
  { type: 'uuid[]', bytes: uuidArray(uuids), wanted: uuids.map((id) => id.toLowerCase()) },
  { type: 'integer[]', bytes: integerArray(integers), wanted: integers.map(String) },
  { type: 'bigint[]', bytes: bigintArray(bigints), wanted: bigints.map(String) },
  { type: 'text[]', bytes: textArray(texts), wanted: texts },
  { type: 'bytea[]', bytes: byteaArray(blobs), wanted: blobs.map((blob) => `\\x${blob.toString('hex')}`) },
  { type: 'uuid[]', bytes: uuidArray([]), wanted: [] },
])('Postgres reads $type of $wanted.length as it was written', async ({ type, bytes, wanted }) => {
  const rows = await database.query<{ item: string }>(`SELECT item::text AS item FROM unnest($1::${type}) AS item`, [
    bytes,
  ])
  expect(rows.map(({ item }) => item)).toEqual(wanted)
})

test('what is no UUID, or too large, is refused before it is sent', () => {
  expect(() => uuidArray(['not-a-uuid'])).toThrow('"not-a-uuid" is no UUID')
  expect(() => integerArray([2 ** 31])).toThrow(RangeError)
})
