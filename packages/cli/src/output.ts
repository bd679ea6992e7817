import { stripVTControlCharacters, styleText } from 'node:util'

/** Data goes to stdout, words to stderr (clig.dev), so that every command can be piped. */
export const say = (words: string): void => {
  process.stderr.write(`${words}\n`)
}

/** One JSON document on one line of stdout. */
export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** Text on stdout. */
export const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** What comes from a message may hold escape sequences; a terminal must not see them (X39). */
export const safeText = (text: string): string => stripVTControlCharacters(text).replace(/\p{Cc}/gu, ' ')

type Style = Parameters<typeof styleText>[0]

/** Colour where the terminal has it; NO_COLOR and pipes are honoured. */
export const styled = (style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string =>
  styleText(style, text, { stream })

/** Rows under a header, columns as wide as they need to be. Numbers are right-aligned. */
export const printTable = (header: readonly string[], rows: readonly (readonly (string | number)[])[]): void => {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : safeText(cell))),
  )
  const widths = header.map((name, column) => Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)))
  const isNumber = header.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  print(styled('dim', line(header)))
  for (const row of cells) print(line(row))
}

/** `1.2 s`, `340 ms`, `2 min 3 s`. */
export const duration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
}

/** `2026-11-23 04:30:27.123`, UTC. */
export const instant = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
