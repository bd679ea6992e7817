import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Environment as the stack reads it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The folders of one stack. */
export interface Home {
  readonly folder: string
  readonly data: string
  readonly logs: string
  readonly stateFile: string
}

/** The checkout this package lies in. */
export const checkoutFolder = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * Where a stack keeps its data and logs: INTERCHANGE_HOME, else `.interchange` in the checkout; a named stack in a folder
 * of that name inside.
 */
export const homeOf = (env: Environment, name = ''): Home => {
  const folder = resolve(env['INTERCHANGE_HOME'] || join(checkoutFolder, '.interchange'), name)
  return { folder, data: join(folder, 'data'), logs: join(folder, 'logs'), stateFile: join(folder, 'stack.json') }
}

/** Where downloads that outlive a checkout go: INTERCHANGE_CACHE, else `interchange` in the user's cache folder. */
export const cacheFolder = (env: Environment): string =>
  env['INTERCHANGE_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'interchange')

/** The variables that have a value. */
export const definedOnly = (env: Environment): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))

// The last one is the mark by which CI finds processes that were left behind.
const plainNames = ['PATH', 'HOME', 'USER', 'LANG', 'TMPDIR', 'INTERCHANGE_CI_RUN']

/** What a component may know of the environment: not the settings meant for our services, some of which it reads too. */
export const plainEnvironment = (env: Environment): Record<string, string> =>
  definedOnly(Object.fromEntries(plainNames.map((name) => [name, env[name]])))
