import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkout, readPage, textOf } from './markdown.ts'

const page = 'docs/guarantees.md'

/** Lines of the form "- `path`: title" are evidence. */
const evidence = readPage(page).prose.flatMap((line, index) => {
  const found = /^- `([^`]+\.test\.ts|conformance[^`]+\.ts)`: (.+)$/.exec(line.trim())
  return found === null ? [] : [{ line: index + 1, file: found[1] ?? '', title: found[2] ?? '' }]
})

/** Titles of a test file as they are written. */
const titlesIn = (file: string): readonly string[] =>
  [
    ...textOf(file).matchAll(
      /\b(?:it|test)\b[^'"`\n]*(?:\(|\([^()]*\)\()\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g,
    ),
  ].map(([, single, double]) => (single ?? double ?? '').replaceAll("\\'", "'"))

describe(page, () => {
  it('states the nine promises', () => {
    const headings = readPage(page).prose.flatMap((line) => /^## (\d)\. /.exec(line)?.[1] ?? [])
    expect(headings).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9'])
  })

  it('gives evidence for each', () => {
    const { prose } = readPage(page)
    const sections = prose.flatMap((line, index) => (/^## \d\. /.test(line) ? [index + 1] : []))
    for (const [at, start] of sections.entries()) {
      const end = sections[at + 1] ?? prose.length
      expect(evidence.filter(({ line }) => line > start && line < end).length, prose[start - 1]).toBeGreaterThan(0)
    }
  })

  it.each(evidence.map(({ file, title }) => [file, title] as const))('%s has the test "%s"', (file, title) => {
    expect(existsSync(join(checkout, file)), `${file} is not there`).toBe(true)
    expect(titlesIn(file)).toContain(title)
  })
})
