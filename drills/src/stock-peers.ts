import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { checkoutFolder } from '@interchange/stack'

const folder = join(checkoutFolder, 'peers')
const installTimeoutMs = 120_000

let installing: Promise<void> | undefined

/** The program of a stock client, which is installed with its own lockfile when it is not there yet. */
export const stockProgram = async (name: string): Promise<string> => {
  // Two that want it at once would install over each other.
  installing ??= install()
  await installing
  return join(folder, name)
}

const install = async (): Promise<void> => {
  const installed = ['kafkajs', '@kafkajs/confluent-schema-registry']
  if (installed.every((each) => existsSync(join(folder, 'node_modules', each)))) return
  await promisify(execFile)('npm', ['ci', '--ignore-scripts'], { cwd: folder, timeout: installTimeoutMs })
}
