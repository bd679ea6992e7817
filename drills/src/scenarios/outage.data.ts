import { outageHour } from '../faults/outage-hour.ts'
import type { Scenario } from '../scenario.ts'
import { delivery } from './delivery.ts'

/** Outages that last longer than anybody waits for a drill: the members' clocks run faster, or as they do with --real-time. */
export const outageScenarios: readonly Scenario[] = [
  {
    name: 'outage-hour',
    title: 'an hour without what every handler asks',
    says: 'Takes away the server that every handler asks for an hour of the members’ clocks, which run 120 times as fast. Nothing may become a dead letter or be put aside but what was under way, and the backlog of the hour must be done in order and once.',
    brokers: 1,
    members: 2,
    load: { by: 'publisher', keys: 40, perSecond: 50 },
    // Ten minutes for a handler are five seconds here.
    handling: { asks: true, clockFactor: 120, timeoutMs: 600_000 },
    faults: [{ fault: outageHour, times: { smoke: 0, full: 3 }, everyMs: 1_000 }],
    settleMs: 60_000,
    invariants: delivery,
    // What was under way when it began, of the few that half a minute brings.
    bounds: { putAsidePercent: 3 },
  },
]
