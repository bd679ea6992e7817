import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkoutFolder } from '@interchange/stack'
import { type KeptResult, keptResults } from '../kept-results.ts'
import { explanations } from './explanations.data.ts'
import { headlineFigures } from './headline-figures.ts'
import { tableHeader, tableRows } from './result-table.ts'

const begin = '<!-- results: generated from drills/results by `npm run drill -- --readme` -->'
const end = '<!-- /results -->'

/** Where what was kept is shown, and what of it: files of the checkout. */
export const pages: readonly { readonly file: string; readonly part: (results: readonly KeptResult[]) => string }[] = [
  { file: 'README.md', part: (results) => headlinesPart(results) },
  {
    file: 'drills/README.md',
    part: (results) => `${headlinesPart(results)}\n\n${drillsPart(results)}`,
  },
]

/** Puts what was kept into the pages. */
export const writeReadme = async (): Promise<void> => {
  const results = keptResults()
  for (const { file, part } of pages) {
    const path = join(checkoutFolder, file)
    await writeFile(path, withPart(await readFile(path, 'utf8'), part(results)))
  }
}

/** A page with this part between its marks. */
export const withPart = (text: string, part: string): string => {
  const [from, until] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || until < from) throw new Error('the page has no place for the results of the drills')
  return `${text.slice(0, from + begin.length)}\n\n${part}\n\n${text.slice(until)}`
}

const headlinesPart = (results: readonly KeptResult[]): string => {
  const headlines = headlineFigures(results)
  const missed = headlines.filter(({ measured, met }) => measured !== null && !met)
  return [
    '"0 (<= x)": none was seen, so at 95 % there is at most that share (3/n).',
    '',
    row(['figure', 'goal', 'measured', 'n', 'met']),
    row(['---', '---', '---', '---', '---']),
    ...headlines.map(({ figure, goal, measured, n, met }) =>
      row([
        figure,
        goal,
        measured ?? 'not run yet',
        measured === null ? '' : n,
        measured === null ? '' : met ? 'yes' : '**no**',
      ]),
    ),
    ...missed.map(({ figure }) => `\nMissed, ${figure}: ${explanations[figure] ?? 'not explained yet.'}`),
  ].join('\n')
}

const [drill, ...columns] = tableHeader

const drillsPart = (results: readonly KeptResult[]): string =>
  [
    row([drill, 'commit', ...columns]),
    row(Array.from({ length: tableHeader.length + 1 }, () => '---')),
    ...results.flatMap((result) =>
      tableRows(result).map(([name = '', ...cells], index) => row([name, index === 0 ? result.commit : '', ...cells])),
    ),
  ].join('\n')

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
