import type { Environment } from '@interchange/config'
import { applyTopics } from '../apply-topics.ts'
import { registerAll } from '../commands/schemas.ts'
import { withSystem } from '../system.ts'

/** Creates the catalogue's topics and registers its schemas on a new stack: what a deployment does before the services start. */
export const prepareCluster = (environment: Environment): Promise<void> =>
  withSystem(async (system) => {
    await Promise.all([applyTopics(system, { replication: 1, quiet: true }), registerAll(system)])
  }, environment)
