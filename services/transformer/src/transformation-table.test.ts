import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const source = new URL('.', import.meta.url)
const page = new URL('../../../docs/reference/transformations.md', import.meta.url)

const idsIn = (text: string, pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map(([, id = '']) => id)

const testedIds = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts'))
  .flatMap((path) => idsIn(readFileSync(new URL(path, source), 'utf8'), /[('"`]([A-Z]{3}-\d\d) /g))

const pageIds = idsIn(readFileSync(page, 'utf8'), /^\| ([A-Z]{3}-\d\d) \|/gm)

describe('the table of transformations', () => {
  it('lists each case once', () => {
    expect(pageIds.length).toBeGreaterThan(90)
    expect(pageIds).toEqual([...new Set(pageIds)])
  })

  it('lists the cases that are tested, and one test each', () => {
    expect([...testedIds].sort()).toEqual([...pageIds].sort())
  })
})
