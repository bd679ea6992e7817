import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import {
  type AnyConfigPart,
  type ConfigRow,
  databaseConfig,
  describeConfig,
  httpConfig,
  kafkaConfig,
  registryConfig,
  serviceConfig,
  storeConfig,
  telemetryConfig,
} from '@interchange/config'
import { describe, expect, it } from 'vitest'
import { expectSection, markdownTable } from './generated-section.ts'
import { checkout, codeOf, sourceFiles, tableRows, textOf } from './markdown.ts'

const page = 'docs/reference/config.md'

/** The parts that a service declares in its own `config.ts`. */
const ownParts = async (service: string): Promise<readonly AnyConfigPart[]> => {
  const file = join(checkout, 'services', service, 'src', 'config.ts')
  if (!existsSync(file)) return []
  const exported: Readonly<Record<string, AnyConfigPart>> = await import(pathToFileURL(file).href)
  return Object.values(exported).filter((part) => 'settings' in part)
}

const everyService = [kafkaConfig, registryConfig, httpConfig, serviceConfig, telemetryConfig]
const services = {
  producer: [databaseConfig, ...(await ownParts('producer'))],
  transformer: await ownParts('transformer'),
  consumer: [databaseConfig, storeConfig, ...(await ownParts('consumer'))],
  'dlq-replay': await ownParts('dlq-replay'),
} as const

const fallbackOf = ({ fallback }: ConfigRow): string =>
  fallback === 'required' || fallback === 'unset' ? fallback : `\`${fallback}\``

const tableOf = (parts: readonly AnyConfigPart[]): string =>
  markdownTable(
    ['variable', 'holds', 'default', 'means'],
    describeConfig(parts).map((row) => [
      `\`${row.env}\`${row.secret ? ' (secret)' : ''}`,
      row.expects,
      fallbackOf(row),
      row.description,
    ]),
  )

describe(page, () => {
  it('lists what every service reads', () => {
    const sections = everyService.map((part) => `### ${part.title}\n\n${tableOf([part])}`)
    expectSection(page, 'every service', sections.join('\n\n'))
  })

  it.each(Object.entries(services))('lists what %s reads beside that', (name, parts) => {
    expectSection(page, name, tableOf(parts))
  })

  // The table above is what the parts say; this is what the processes do.
  it.each(Object.entries(services))(
    'agrees with %s itself, started on nonsense',
    async (name, parts) => {
      const rows = describeConfig([...everyService, ...parts])
      const others = describeConfig(Object.values(services).flat()).filter(
        ({ env }) => !rows.some((row) => row.env === env),
      )
      const refusable = rows.filter(
        ({ secret, expects, fallback }) => secret || expects !== 'text' || fallback === 'required',
      )
      const nonsense = Object.fromEntries(
        [...rows, ...others].flatMap(({ env, secret, expects }) =>
          secret ? [[`${env}_FILE`, '/nowhere']] : expects === 'text' ? [] : [[env, '!']],
        ),
      )
      const reported = await refusedBy(name, nonsense)
      const expected = refusable.map(({ env, secret }) => (secret ? `${env}_FILE` : env))
      expect(reported.toSorted()).toEqual(expected.toSorted())
    },
    60_000,
  )

  it('lists the variables of the stack and the command line', () => {
    const listed = tableRows(page).flatMap(([cell]) => codeOf(cell) ?? [])
    const read = [...sourceFiles().filter((path) => /^packages\/(stack|cli)\//.test(path)), toolchain].flatMap(
      variablesIn,
    )
    expect(read.length).toBeGreaterThan(10)
    expect([...new Set(read)].filter((name) => !listed.includes(name)).toSorted()).toEqual([])
  })
})

/** Starts the built service and reads the names in its table of problems. It ends before it connects to anything. */
const refusedBy = async (service: string, env: Readonly<Record<string, string>>): Promise<readonly string[]> => {
  const main = join(checkout, 'services', service, 'dist', 'main.js')
  const { stderr, code } = await promisify(execFile)(process.execPath, [main], { env, timeout: 30_000 }).then(
    () => ({ stderr: '', code: 0 }),
    (error: { stderr: string; code: number }) => error,
  )
  expect(code, stderr).toBe(1)
  return [...stderr.matchAll(/^ {2}([A-Z][A-Z0-9_]+) {2,}/gm)].flatMap(([, name = '']) =>
    name === 'VARIABLE' ? [] : [name],
  )
}

const toolchain = 'tools/bootstrap/toolchain.mjs'

/** What every program has, or a service is given by the stack. */
const plain = new Set(['PATH', 'HOME', 'PORT', 'XDG_CACHE_HOME'])

const variablesIn = (path: string): readonly string[] =>
  [...textOf(path).matchAll(/\b(?:env|environment)(?:\.|\[')([A-Z][A-Z0-9_]+)\b/g)].flatMap(([, name = '']) =>
    plain.has(name) ? [] : [name],
  )
