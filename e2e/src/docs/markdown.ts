import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const checkout = fileURLToPath(new URL('../../../', import.meta.url))

/** The text of a file of the checkout. */
export const textOf = (path: string): string => readFileSync(join(checkout, path), 'utf8')

const below = (folder: string, ending: string): readonly string[] =>
  readdirSync(join(checkout, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => `${folder}/${path}`)
    .sort()

/** Folders of packages and services. */
const memberFolders: readonly string[] = ['packages', 'services'].flatMap((folder) =>
  readdirSync(join(checkout, folder)).map((name) => `${folder}/${name}`),
)

/** The house's own pages: the root's, all of `docs/`, and the README of each package, service and folder that has one. */
export const documents: readonly string[] = [
  'README.md',
  'ARCHITECTURE.md',
  'STYLE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...below('docs', '.md'),
  ...memberFolders.map((folder) => `${folder}/README.md`).filter((path) => existsSync(join(checkout, path))),
  'schemas/README.md',
  'patches/README.md',
]

/** Source files of packages and services, without tests and what serves only tests. */
export const sourceFiles = (): readonly string[] =>
  memberFolders
    .filter((folder) => folder !== 'packages/testing' && existsSync(join(checkout, folder, 'src')))
    .flatMap((folder) => below(`${folder}/src`, '.ts'))
    .filter((path) => !/\.(test|fixture)\.ts$/.test(path))

/** A fenced block: the words behind the fence, and the text inside. */
export interface Fence {
  readonly info: string
  readonly text: string
  readonly line: number
}

interface Page {
  readonly fences: readonly Fence[]
  /** Everything outside fences; lines keep their numbers. */
  readonly prose: readonly string[]
}

/** Takes a page apart into prose and fenced blocks. Throws when a fence is left open. */
export const readPage = (path: string): Page => {
  const fences: Fence[] = []
  const prose: string[] = []
  let open: { info: string; line: number; lines: string[] } | undefined
  for (const [index, line] of textOf(path).split('\n').entries()) {
    if (line.trimStart().startsWith('```')) {
      if (open === undefined) open = { info: line.trim().slice(3), line: index + 1, lines: [] }
      else {
        fences.push({ info: open.info, line: open.line, text: open.lines.join('\n') })
        open = undefined
      }
      prose.push('')
    } else if (open === undefined) prose.push(line)
    else {
      open.lines.push(line)
      prose.push('')
    }
  }
  if (open !== undefined) throw new Error(`${path}:${open.line}: the fence is never closed`)
  return { fences, prose }
}

/** Inline code of a page, with its line. */
export const codeSpans = (path: string): readonly { readonly text: string; readonly line: number }[] =>
  readPage(path).prose.flatMap((line, index) =>
    [...line.matchAll(/`([^`]+)`/g)].map(([, text = '']) => ({ text, line: index + 1 })),
  )

/** Rows of all tables of a page, cells trimmed, without headers and rules. A `\|` in a cell is a `|`. */
export const tableRows = (path: string): readonly (readonly string[])[] => {
  const { prose } = readPage(path)
  const isRow = (line: string | undefined): line is string => line?.trim().startsWith('|') === true
  const isRule = (line: string | undefined): boolean => isRow(line) && /^[\s|:-]+$/.test(line)
  return prose.flatMap((line, index) => {
    if (!isRow(line) || isRule(line) || isRule(prose[index + 1])) return []
    const cells = line
      .trim()
      .slice(1, -1)
      .split(/(?<!\\)\|/)
    return [cells.map((cell) => cell.trim().replaceAll('\\|', '|'))]
  })
}

/** The one inline code of a cell, undefined when the cell is something else. */
export const codeOf = (cell: string | undefined): string | undefined => /^`([^`]+)`$/.exec(cell ?? '')?.[1]

/** The addresses that headings of a page have on GitHub. */
export const anchorsOf = (path: string): ReadonlySet<string> =>
  new Set(
    readPage(path).prose.flatMap((line) => {
      const heading = /^#{1,6} (.+)$/.exec(line)?.[1]
      if (heading === undefined) return []
      return [
        heading
          .toLowerCase()
          .replace(/[^\p{L}\p{N} _-]/gu, '')
          .replaceAll(' ', '-'),
      ]
    }),
  )
