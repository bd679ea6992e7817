import { newSchemaWithoutRegistry } from '../faults/registry.ts'
import type { Scenario } from '../scenario.ts'
import { delivery, load } from './delivery.ts'

/** Family E of the catalogue: faults of the schema registry. */
export const registryScenarios: readonly Scenario[] = [
  {
    name: 'E1',
    title: 'registry-down',
    says: 'Takes the registry away from the members and lets a writer send values of a schema version they have never seen. These must wait, none may become a dead letter, and all must be settled soon after it is back.',
    brokers: 1,
    members: 2,
    registry: true,
    load,
    faults: [
      {
        fault: newSchemaWithoutRegistry(5_000),
        times: { smoke: 1, full: 10 },
        everyMs: 2_000,
      },
    ],
    settleMs: 30_000,
    invariants: delivery,
  },
]
