import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { javaKafkaClient } from '@interchange/stack'
import type { Role } from './access.data.ts'
import { type SecuredBroker, users } from './secured-broker.ts'

const program = fileURLToPath(new URL('../java/GrantAccess.java', import.meta.url))

/** Gives each role, as the principal of its name, its rights. The broker applies them a moment after this resolves. */
export const grantAccess = async (broker: SecuredBroker, roles: Readonly<Record<string, Role>>): Promise<void> => {
  const { javaPath, jarsFolder } = await javaKafkaClient()
  const rights = Object.entries(roles).flatMap(([name, role]) => role.rights.map((right) => `${name} ${right}`))
  const java = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(jarsFolder, '*'), program]
  await promisify(execFile)(javaPath, [...java, broker.sasl, 'plain', users.plain, ...rights], { timeout: 60_000 })
}
