import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { checkout, textOf } from './markdown.ts'

/** With UPDATE_DOCS=1 the tests write what they would otherwise compare. */
const updating = process.env['UPDATE_DOCS'] === '1'

/** The part of a page between `<!-- generated: name -->` and `<!-- end -->` must be `text`. */
export const expectSection = (path: string, name: string, text: string): void => {
  const page = textOf(path)
  const opening = `<!-- generated: ${name} -->\n`
  const closing = '<!-- end -->'
  const start = page.indexOf(opening)
  const end = page.indexOf(closing, start)
  if (start < 0 || end < 0) throw new Error(`${path} has no section "${name}"`)
  const inside = `\n${text.trim()}\n\n`
  if (updating) {
    writeFileSync(join(checkout, path), page.slice(0, start + opening.length) + inside + page.slice(end))
    return
  }
  expect(page.slice(start + opening.length, end), `${path} is stale; UPDATE_DOCS=1 npm test -- e2e/src/docs`).toBe(
    inside,
  )
}

/** A Markdown table; `|` in cells is escaped. */
export const markdownTable = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => (cell === '---' ? cell : cell.replaceAll('|', '\\|'))).join(' | ')} |`)
    .join('\n')
