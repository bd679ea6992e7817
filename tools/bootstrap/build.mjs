import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runQuietly } from './child.mjs'
import { step } from './progress.mjs'
import { contentStamp, filesUnder, unlessStamped, workspaceFolders } from './stamp.mjs'

/**
 * Builds every package; does nothing when the sources are those of the last success and every output is there.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 */
export const build = async (root, env) => {
  const folders = await workspaceFolders(root)
  const sources = await Promise.all(folders.map((folder) => filesUnder(join(root, folder, 'src'))))
  const inputs = [
    ...['tsconfig.base.json', 'tsconfig.nest.json', 'turbo.json', 'pnpm-lock.yaml'].map((name) => join(root, name)),
    ...folders.flatMap((folder) => [join(root, folder, 'package.json'), join(root, folder, 'tsconfig.json')]),
    ...sources.flat().filter((file) => !file.endsWith('.test.ts')),
  ]
  const stampFile = join(root, 'node_modules', '.interchange-build')
  const outputs = await Promise.all(folders.map((folder) => isBuilt(join(root, folder))))
  if (outputs.includes(false)) await rm(stampFile, { force: true })
  const turbo = join(root, 'node_modules', '.bin', 'turbo')
  await unlessStamped(stampFile, await contentStamp(root, inputs), () =>
    step('building', () => runQuietly(turbo, ['run', 'build', '--output-logs=errors-only'], { cwd: root, env })),
  )
}

/** @param {string} folder */
const isBuilt = async (folder) => {
  const { scripts } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  return scripts?.build === undefined || existsSync(join(folder, 'dist'))
}
