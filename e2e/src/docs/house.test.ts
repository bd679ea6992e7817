import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { checkout, tableRows, textOf } from './markdown.ts'

interface House {
  readonly members: readonly { readonly folder: string; readonly rank: number }[]
  readonly emptyNames: RegExp
  readonly sourceLinesMax: number
  readonly testLinesMax: number
}

// A tool, not a package: what it holds as data is read from where it stands.
const house: House = await import(pathToFileURL(join(checkout, 'tools/tidy/house.ts')).href)

const namesOf = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)

it('ARCHITECTURE.md shows the ranks that tidy enforces', () => {
  const shown = tableRows('ARCHITECTURE.md').flatMap(([rank, members = '']) =>
    /^\d$/.test(rank ?? '') ? [[Number(rank), namesOf(members).toSorted()]] : [],
  )
  const enforced = Map.groupBy(house.members, ({ rank }) => rank)
  const expected = [...enforced].map(([rank, members]) => [
    rank,
    [
      ...new Set(members.map(({ folder }) => folder.replace(/^packages\//, '').replace(/^services\/.*/, 'services/*'))),
    ].toSorted(),
  ])
  expect(shown).toEqual(expected)
})

it('STYLE.md states the numbers and names that are enforced', () => {
  const style = textOf('STYLE.md')
  const { lineWidth } = (JSON.parse(textOf('biome.json')) as { formatter: { lineWidth: number } }).formatter
  expect(style).toContain(
    `a source file has at most ${house.sourceLinesMax} lines, a test ${house.testLinesMax}, a line ${lineWidth} characters`,
  )
  const [, banned = ''] = /called ([\w ,\n]+?)\./.exec(style) ?? []
  const names = banned.split(/,\s*|\s+or\s+/).map((name) => name.trim())
  expect(names.length).toBeGreaterThan(8)
  expect(names.filter((name) => !house.emptyNames.test(name))).toEqual([])
})
