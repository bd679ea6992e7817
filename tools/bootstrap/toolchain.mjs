import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { runQuietly } from './child.mjs'
import { StepFailed, step } from './progress.mjs'

/** @typedef {{ node: string, pnpm: string }} Versions */

/**
 * Where downloads that outlive a checkout go.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string}
 */
export const cacheFolder = (env) =>
  env.INTERCHANGE_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'interchange')

/**
 * The versions this checkout pins: `.node-version` and `packageManager`.
 * @param {string} root
 * @returns {Promise<Versions>}
 */
export const pinnedVersions = async (root) => {
  const node = (await readFile(join(root, '.node-version'), 'utf8')).trim()
  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const pnpm = /^pnpm@([0-9.]+)/.exec(String(packageManager))?.[1]
  if (pnpm === undefined) throw new StepFailed('package.json: packageManager must read "pnpm@<version>"')
  return { node, pnpm }
}

/**
 * Brings the pinned Node and pnpm and resolves to the folder of their programs; without network when they are there.
 * @param {string} root
 * @returns {Promise<string>}
 */
export const ensureToolchain = async (root) => {
  const versions = await pinnedVersions(root)
  const shelf = join(cacheFolder(process.env), 'toolchain')
  const place = join(shelf, `node-${versions.node}-pnpm-${versions.pnpm}-${process.platform}-${process.arch}`)
  const programs = join(place, 'node_modules', '.bin')
  // The folder appears by one rename after everything in it has run, so its being there says it is complete.
  if (!existsSync(programs)) {
    await step(`fetching Node ${versions.node} and pnpm ${versions.pnpm}`, () => fetchInto(shelf, place, versions))
  }
  return programs
}

/**
 * @param {string} shelf
 * @param {string} place
 * @param {Versions} versions
 */
const fetchInto = async (shelf, place, versions) => {
  await mkdir(shelf, { recursive: true })
  const draft = await mkdtemp(join(shelf, 'draft-'))
  try {
    const manifest = {
      private: true,
      dependencies: { node: versions.node, pnpm: versions.pnpm },
      // npm 11 asks to name the packages whose install scripts may run; both put their program in place that way.
      allowScripts: { node: true, pnpm: true },
    }
    await writeFile(join(draft, 'package.json'), JSON.stringify(manifest))
    const env = withoutNpmContext(process.env)
    const flags = ['--ignore-scripts=false', '--no-audit', '--no-fund', '--no-package-lock', '--no-update-notifier']
    await runQuietly('npm', ['install', ...flags], { cwd: draft, env })
    const programs = join(draft, 'node_modules', '.bin')
    await runQuietly(join(programs, 'node'), ['--version'], { cwd: draft, env })
    await runQuietly(join(programs, 'pnpm'), ['--version'], { cwd: draft, env })
    await rename(draft, place).catch((error) => {
      // Another start was quicker; what it put there is the same.
      if (!existsSync(place)) throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/**
 * The environment without what an outer `npm run` says about its own package, which would mislead an npm in another folder.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export const withoutNpmContext = (env) =>
  Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^(npm_(package|lifecycle)_|npm_config_local_prefix$|npm_command$|INIT_CWD$)/.test(name),
    ),
  )

/**
 * What every later program sees: the pinned programs first on the PATH, no telemetry.
 * @param {string} programs
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export const toolchainEnv = (programs, env) => ({
  ...withoutNpmContext(env),
  PATH: [programs, env.PATH ?? dirname(process.execPath)].join(delimiter),
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
})
