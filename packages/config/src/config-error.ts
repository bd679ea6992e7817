import type { ConfigProblem } from './config-part.ts'

/** Thrown once with everything that is wrong; the message is a table a person can act on. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError'
  readonly code = 'ICX_CONFIG_INVALID'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(
      `The configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n\n${table(problems)}\n`,
    )
    this.problems = problems
  }
}

const table = (problems: readonly ConfigProblem[]): string => {
  const rows = [
    { env: 'VARIABLE', found: 'FOUND', remedy: 'WHAT TO DO' },
    ...problems.map(({ env, found, remedy }) => ({ env, found, remedy })),
  ]
  const envWidth = Math.max(...rows.map((row) => row.env.length))
  const foundWidth = Math.max(...rows.map((row) => row.found.length))
  return rows.map((row) => `  ${row.env.padEnd(envWidth)}  ${row.found.padEnd(foundWidth)}  ${row.remedy}`).join('\n')
}
