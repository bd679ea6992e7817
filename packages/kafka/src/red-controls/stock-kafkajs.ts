import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const peers = join(dirname(fileURLToPath(import.meta.url)), '../../../../peers')
const installTimeoutMs = 60_000

/** kafkajs by path: the package itself and the internals that a red control drives directly. */
export interface Kafkajs {
  readonly client: typeof import('kafkajs')
  // biome-ignore lint/suspicious/noExplicitAny: internals of an untyped package, driven only by tests
  internal(path: string): any
}

/** The stock package, installed in `peers/` with its own lockfile when it is not there yet. */
export const stockKafkajs = async (): Promise<Kafkajs> => {
  if (!existsSync(join(peers, 'node_modules/kafkajs'))) {
    await promisify(execFile)('npm', ['ci', '--ignore-scripts'], { cwd: peers, timeout: installTimeoutMs })
  }
  return loadedFrom(join(peers, 'package.json'))
}

/** The patched package, as the driver has it. */
export const ourKafkajs = (): Kafkajs => loadedFrom(import.meta.url)

const loadedFrom = (place: string): Kafkajs => {
  const require = createRequire(place)
  const home = dirname(require.resolve('kafkajs/package.json'))
  return { client: require('kafkajs'), internal: (path) => require(join(home, 'src', path)) }
}
