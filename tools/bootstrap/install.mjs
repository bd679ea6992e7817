import { join } from 'node:path'
import { runQuietly } from './child.mjs'
import { step } from './progress.mjs'
import { contentStamp, filesUnder, unlessStamped, workspaceFolders } from './stamp.mjs'

/**
 * Installs the frozen lockfile; does nothing when lockfile, manifests and patches are those of the last success.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 */
export const install = async (root, env) => {
  const folders = await workspaceFolders(root)
  const inputs = [
    ...['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc', '.node-version'].map((name) =>
      join(root, name),
    ),
    ...folders.map((folder) => join(root, folder, 'package.json')),
    ...(await filesUnder(join(root, 'patches'))),
  ]
  const stamp = await contentStamp(root, inputs)
  await unlessStamped(join(root, 'node_modules', '.interchange-install'), stamp, () =>
    step('installing packages', () =>
      runQuietly('pnpm', ['install', '--frozen-lockfile', '--reporter=append-only'], {
        cwd: root,
        // Without CI, pnpm asks on the terminal before it replaces a foreign node_modules, and nobody would see it.
        env: { ...env, CI: 'true' },
      }),
    ),
  )
}
