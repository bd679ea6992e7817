import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { checkoutFolder } from '@interchange/stack'

const folder = join(checkoutFolder, 'peers')
const installTimeoutMs = 120_000

/** The program of a stock client, which is installed with its own lockfile when it is not there yet. */
export const stockProgram = async (name: string): Promise<string> => {
  const installed = ['kafkajs', '@kafkajs/confluent-schema-registry']
  if (!installed.every((each) => existsSync(join(folder, 'node_modules', each))))
    await promisify(execFile)('npm', ['ci', '--ignore-scripts'], { cwd: folder, timeout: installTimeoutMs })
  return join(folder, name)
}
