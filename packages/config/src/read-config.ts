import { readFileSync } from 'node:fs'
import { ConfigError } from './config-error.ts'
import type { ConfigOf, ConfigPart, ConfigProblem, Settings } from './config-part.ts'
import { redactable } from './redaction.ts'
import type { Setting } from './setting.ts'

/** An environment: `process.env` or a literal in a test. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A part of any settings. */
// biome-ignore lint/suspicious/noExplicitAny: `check` is contravariant in the settings, so no narrower "any part" exists.
export type AnyConfigPart = ConfigPart<any>

/** A complete configuration: one frozen object per part. Printing or serialising it hides the secrets. */
export type Config<Parts extends Readonly<Record<string, AnyConfigPart>>> = {
  readonly [Name in keyof Parts]: ConfigOf<Parts[Name]>
}

/**
 * Reads every part from `env`. An empty variable counts as unset; a secret may come from the file that `<NAME>_FILE`
 * names. Throws one `ConfigError` that lists all problems.
 */
export const readConfig = <const Parts extends Readonly<Record<string, AnyConfigPart>>>(
  parts: Parts,
  env: Environment,
): Config<Parts> => {
  const problems: ConfigProblem[] = []
  const config = Object.fromEntries(
    Object.entries<ConfigPart>(parts).map(([name, part]) => [name, readPart(part, env, problems)]),
  )
  const distinct = problems.filter((problem, place) => problems.findIndex(({ env }) => env === problem.env) === place)
  if (distinct.length > 0) throw new ConfigError(distinct)
  return Object.freeze(config) as Config<Parts>
}

const readPart = (part: ConfigPart, env: Environment, problems: ConfigProblem[]): Readonly<Record<string, unknown>> => {
  const found: ConfigProblem[] = []
  const values = Object.fromEntries(
    Object.entries<Setting<unknown>>(part.settings).map(([name, setting]) => [name, readSetting(setting, env, found)]),
  )
  if (found.length === 0) found.push(...part.check(values))
  problems.push(...found)
  return redactable(values, secretNames(part.settings))
}

const secretNames = (settings: Settings): ReadonlySet<string> =>
  new Set(Object.entries(settings).flatMap(([name, setting]) => (setting.secret ? [name] : [])))

const readSetting = (setting: Setting<unknown>, env: Environment, problems: ConfigProblem[]): unknown => {
  const raw = rawText(setting, env, problems)
  if (raw === failed) return undefined
  if (raw === undefined) {
    if (setting.required)
      problems.push({ env: setting.env, found: 'not set', remedy: `set it to ${expected(setting)}` })
    return undefined
  }
  const result = setting.type.safeParse(raw)
  if (result.success) return freeze(result.data)
  problems.push({
    env: setting.env,
    found: setting.secret ? 'a value that is not allowed (hidden)' : JSON.stringify(raw.slice(0, 60)),
    remedy: `set it to ${expected(setting)}`,
  })
  return undefined
}

const failed: unique symbol = Symbol('failed')

const rawText = (
  setting: Setting<unknown>,
  env: Environment,
  problems: ConfigProblem[],
): string | undefined | typeof failed => {
  const direct = env[setting.env] || undefined
  const fileVariable = `${setting.env}_FILE`
  const file = setting.secret ? env[fileVariable] || undefined : undefined
  if (file === undefined) return direct ?? setting.fallback
  if (direct !== undefined) {
    problems.push({ env: setting.env, found: `also set by ${fileVariable}`, remedy: `keep one of the two` })
    return failed
  }
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    problems.push({ env: fileVariable, found: `${file}: ${reason}`, remedy: 'name a file this process may read' })
    return failed
  }
}

const expected = (setting: Setting<unknown>): string =>
  `${setting.type.description ?? 'text'} (${setting.description.replace(/\.$/, '')})`

const freeze = (value: unknown): unknown => (typeof value === 'object' && value !== null ? Object.freeze(value) : value)
