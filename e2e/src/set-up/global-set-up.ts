import { removeDeadStacks, startStack } from '@interchange/stack'
import { startContainers } from './containers.ts'

// Runs beside each other do not meet; the logs of the last ones stay until the next.
const namePrefix = 'test-'

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/**
 * Gives the integration tests real components and their addresses as environment variables: those that are already
 * named there, else containers, else processes here. Says which.
 */
export const setup = async (): Promise<() => Promise<void>> => {
  say('\nThe integration tests run against')
  removeDeadStacks(namePrefix)
  const external = Boolean(process.env['KAFKA_BROKERS'] && process.env['SCHEMA_REGISTRY_URL'])
  const containers = external ? null : await startContainers(say)
  const stack = await startStack({
    name: `${namePrefix}${process.pid}`,
    fresh: true,
    env: { ...process.env, ...containers?.env, INTERCHANGE_STACK: 'local' },
    report: say,
  })
  say('')
  Object.assign(process.env, stack.env)
  return async () => {
    await stack.stop()
    await containers?.stop()
  }
}
