import { collectorAway } from '../faults/collector.ts'
import type { Scenario } from '../scenario.ts'
import { delivery, load } from './delivery.ts'

/** Family H of the catalogue: faults of what only watches. */
export const telemetryScenarios: readonly Scenario[] = [
  {
    name: 'H1',
    title: 'trace-collector-away',
    says: 'Takes the collector of traces away from members that make a span for each message, then lets it take spans and never answer. The messages must not notice, and the members may not grow with what they cannot export.',
    brokers: 1,
    members: 2,
    load: { ...load, perSecond: 400 },
    handling: { traces: true, vitals: true },
    faults: [
      { fault: collectorAway({ kind: 'down' }, 20_000), times: { smoke: 0, full: 5 }, everyMs: 2_000 },
      { fault: collectorAway({ kind: 'silence' }, 20_000), times: { smoke: 0, full: 5 }, everyMs: 2_000 },
    ],
    settleMs: 30_000,
    invariants: delivery,
    bounds: { throughputLossPercent: 5, memoryGrowthMb: 32 },
  },
]
