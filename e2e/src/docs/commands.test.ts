import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { exitCodes } from '@interchange/cli'
import { describe, expect, it } from 'vitest'
import { expectSection, markdownTable } from './generated-section.ts'
import { checkout, codeSpans, documents, readPage, tableRows, textOf } from './markdown.ts'
import { type CliCommand, leafCommands, problemOf } from './program-commands.ts'

const manifest = JSON.parse(textOf('package.json')) as { scripts: Readonly<Record<string, string>> }

/** A command line in a page; `whole` when it stands in a block and can be run as it is. */
interface Written {
  readonly place: string
  readonly line: string
  readonly whole: boolean
}

const shells = new Set(['', 'sh', 'bash', 'console'])
const beginsCommand = /^(npm (test|run)\b|(\.\/)?ix )/

const written: readonly Written[] = documents
  .flatMap((path) => [
    ...codeSpans(path).map(({ text, line }) => ({ place: `${path}:${line}`, line: text, whole: false })),
    ...readPage(path)
      .fences.filter(({ info }) => shells.has(info))
      .flatMap(({ text, line }) =>
        text
          .replaceAll('\\\n', ' ')
          .split('\n')
          .map((content) => ({ place: `${path}:${line}`, line: content.trim().replace(/^\$ /, ''), whole: true })),
      ),
  ])
  .filter(({ line }) => beginsCommand.test(line))

/** Words up to what the shell takes for itself. Quoted words count as one. */
const wordsOf = (line: string): readonly string[] => {
  const words = [...line.matchAll(/"[^"]*"|'[^']*'|\S+/g)].map(([word]) => word)
  const end = words.findIndex((word) => /^([|>#]|&&|…|\.\.\.)/.test(word))
  return end < 0 ? words : words.slice(0, end)
}

const problem = ({ line, whole }: Written): string | null => {
  const [first, second, ...rest] = wordsOf(line)
  if (first !== 'npm') return problemOf(second === undefined ? [] : [second, ...rest], whole)
  const script = second === 'test' ? 'test' : rest[0]
  if (script === undefined || manifest.scripts[script] === undefined) return `package.json has no script ${script}`
  const split = rest.indexOf('--')
  const passed = split < 0 ? [] : rest.slice(split + 1)
  if (script === 'ix') return problemOf(passed, whole)
  if (script === 'demo') return problemOf(['demo', ...passed], whole)
  if (script === 'test') return passed.every((path) => existsSync(join(checkout, path))) ? null : 'no such path'
  return null
}

describe('the commands in the documents', () => {
  it('are many', () => {
    expect(written.length).toBeGreaterThan(40)
  })

  it.each(written.map((each) => [each.place, each.line, each] as const))('%s: %s can be run', (_place, _line, each) => {
    expect(problem(each)).toBeNull()
  })

  it('would be found out if they were wrong', () => {
    for (const line of [
      'npm run nothing',
      'ix dlq lost',
      'npm run ix -- replay cause X --fast',
      'npm run demo -- --no',
    ]) {
      expect(problem({ place: '', line, whole: false }), line).not.toBeNull()
    }
    expect(problem({ place: '', line: 'ix replay cause f3a9 --group ledger', whole: true })).toContain('--reason')
  })
})

const defaultOf = (value: unknown): string =>
  value === undefined || value === false || String(value).startsWith('/') ? '' : ` Default \`${String(value)}\`.`

const describeCommand = ([name, command]: readonly [string, CliCommand]): string => {
  const rows = [
    ...command.registeredArguments.map((argument) => {
      const word = `${argument.name()}${argument.variadic ? '...' : ''}`
      const words = argument.description || `the ${argument.name().replaceAll('-', ' ')}`
      return [
        `\`${argument.required ? `<${word}>` : `[${word}]`}\``,
        `${capital(words)}.${defaultOf(argument.defaultValue)}`,
      ]
    }),
    ...command.options.map(({ flags, description, defaultValue, mandatory, argChoices }) => {
      const choices = argChoices === undefined ? '' : ` One of ${argChoices.join(', ')}.`
      const need = mandatory ? ' Required.' : ''
      return [`\`${flags}\``, `${capital(description)}.${choices}${defaultOf(defaultValue)}${need}`]
    }),
  ]
  const table = rows.length === 0 ? '' : `\n\n${markdownTable(['argument', 'means'], rows)}`
  return `### \`${name}\`\n\n${capital(command.description())}.${table}`
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

describe('docs/reference/cli.md', () => {
  const page = 'docs/reference/cli.md'

  it('describes every command as its help does', () => {
    expectSection(page, 'commands', leafCommands().map(describeCommand).join('\n\n'))
  })

  it('lists the exit codes', () => {
    const listed = tableRows(page).flatMap(([code]) => (/^\d+$/.test(code ?? '') ? [Number(code)] : []))
    expect(listed).toEqual(Object.values(exitCodes))
  })
})
