import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mutants } from './mutants.data.ts'
import { mutate, sourcesOf } from './run-mutants.ts'

describe('the mutants', () => {
  it('are those of the list, at least 25 of them', async () => {
    const list = await readFile(new URL('../mutants/README.md', import.meta.url), 'utf8')
    const listed = [...list.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name)
    expect(mutants.map(({ name }) => name)).toEqual(listed)
    expect(new Set(listed).size).toBeGreaterThanOrEqual(25)
  })

  it('are as many as the front page says', async () => {
    const page = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
    expect(page).toContain(`each of the ${mutants.length} kernels that are broken in one line`)
  })

  it.each(mutants)('$name is one edit of the sources as they are now', async (mutant) => {
    const source = await readFile(join(sourcesOf(mutant.of), mutant.file), 'utf8')
    expect(mutate(mutant, source)).not.toBe(source)
  })
})
