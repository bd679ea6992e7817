import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkoutFolder } from '@interchange/stack'
import { type KeptResult, keptResults } from '../kept-results.ts'
import { explanations } from './explanations.data.ts'
import { headlineFigures } from './headline-figures.ts'
import { tableRows } from './result-table.ts'

const page = join(checkoutFolder, 'drills', 'README.md')
const begin = '<!-- results: generated from drills/results by `npm run drill -- --readme` -->'
const end = '<!-- /results -->'

/** Puts what was kept into the page. */
export const writeReadme = async (): Promise<void> => {
  await writeFile(page, withResults(await readFile(page, 'utf8'), keptResults()))
}

/** The page with the results between its marks. */
export const withResults = (text: string, results: readonly KeptResult[]): string => {
  const [from, until] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || until < from) throw new Error(`${page} has no place for the results`)
  return `${text.slice(0, from + begin.length)}\n\n${resultsPart(results)}\n\n${text.slice(until)}`
}

const resultsPart = (results: readonly KeptResult[]): string => {
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
    '',
    row([
      'drill',
      'commit',
      'fault',
      'took effect',
      'acknowledged',
      'lost',
      'doubled',
      'order',
      'stall, ms',
      'recovery, ms',
      'take-over, ms',
      '',
    ]),
    row(Array.from({ length: 12 }, () => '---')),
    ...results.flatMap((result) =>
      tableRows(result).map(([name = '', ...cells], index) => row([name, index === 0 ? result.commit : '', ...cells])),
    ),
  ].join('\n')
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
