import { forgedHeaders } from '../faults/forged-headers.ts'
import type { Scenario } from '../scenario.ts'
import { delivery, load } from './delivery.ts'

/** Family S of the catalogue: what strangers may try. */
export const securityScenarios: readonly Scenario[] = [
  {
    name: 'S3',
    title: 'forged-headers',
    says: 'Sends messages with headers that only the group and its desk may write: attempts, replay ids, other places, topics to answer to. Each must come to the end it would have had without them, and no letter may repeat a forged fact.',
    brokers: 1,
    members: 2,
    load,
    faults: [{ fault: forgedHeaders, times: { smoke: 1, full: 10 }, everyMs: 500 }],
    settleMs: 30_000,
    invariants: [...delivery, 'V15', 'V16'],
    bounds: { forgedBelieved: 0 },
  },
]
