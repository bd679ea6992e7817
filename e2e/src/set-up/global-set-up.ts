import { startStack } from '@interchange/stack'
import { startContainers } from './containers.ts'

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/**
 * Gives the integration tests real components and their addresses as environment variables: those that are already
 * named there, else containers, else processes here. Says which.
 */
export const setup = async (): Promise<() => Promise<void>> => {
  say('\nThe integration tests run against')
  const external = Boolean(process.env['KAFKA_BROKERS'] && process.env['SCHEMA_REGISTRY_URL'])
  const containers = external ? null : await startContainers(say)
  const stack = await startStack({
    name: 'test',
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
