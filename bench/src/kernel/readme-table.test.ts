import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { kernelTables, newestKernelFile, readmePath, withTables } from './readme-table.ts'

it('shows in the README the newest results that are committed', async () => {
  const newest = await newestKernelFile()
  if (newest === undefined) throw new Error('no results are committed')
  const text = await readFile(readmePath, 'utf8')
  expect(text).toBe(withTables(text, kernelTables(newest.name, newest.file)))
})
