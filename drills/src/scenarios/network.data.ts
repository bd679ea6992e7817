import { database, network } from '../faults/toxics.ts'
import type { Scenario } from '../scenario.ts'
import { delivery, load } from './delivery.ts'

/** Family D of the catalogue: faults of the network. */
export const networkScenarios: readonly Scenario[] = [
  {
    name: 'D1',
    title: 'slow-network',
    says: 'Delays everything between the processes and the broker by 100 ± 50 ms and narrows it to 3 Mbit/s. Nothing may be lost, and the lag must be gone soon after.',
    brokers: 1,
    members: 2,
    load,
    faults: [
      {
        fault: network({ kind: 'latency', latencyMs: 100, jitterMs: 50 }, 8_000),
        times: { smoke: 1, full: 7 },
        everyMs: 1_000,
      },
      {
        fault: network({ kind: 'bandwidth', bytesPerSecond: 375_000 }, 8_000),
        times: { smoke: 0, full: 7 },
        everyMs: 1_000,
      },
    ],
    settleMs: 30_000,
    invariants: delivery,
  },
  {
    name: 'D3',
    title: 'client-partition',
    says: 'Cuts the way to the broker in both directions, then only the way back, without telling anybody. Nothing may be lost or done twice, and all of it must be settled soon after.',
    brokers: 1,
    members: 2,
    load,
    faults: [
      {
        fault: network({ kind: 'black-hole' }, 8_000),
        times: { smoke: 1, full: 5 },
        everyMs: 2_000,
      },
      {
        fault: network({ kind: 'black-hole', direction: 'to-client' }, 8_000),
        times: { smoke: 1, full: 5 },
        everyMs: 2_000,
      },
    ],
    settleMs: 60_000,
    invariants: delivery,
  },
  {
    name: 'D4',
    title: 'tcp-nasties',
    says: 'Resets connections to the broker and to the database, cuts them after some bytes, and slices what they carry. Nothing may be lost or done twice.',
    brokers: 1,
    members: 2,
    load,
    faults: [
      {
        fault: network({ kind: 'reset' }, 500),
        times: { smoke: 1, full: 20 },
        everyMs: 1_000,
      },
      {
        fault: database({ kind: 'reset' }, 500),
        times: { smoke: 1, full: 20 },
        everyMs: 1_000,
      },
      {
        fault: network({ kind: 'limit-data', bytes: 20_000 }, 1_000),
        times: { smoke: 1, full: 20 },
        everyMs: 1_000,
      },
      {
        fault: network({ kind: 'slicer', bytes: 7 }, 1_000),
        times: { smoke: 1, full: 20 },
        everyMs: 1_000,
      },
    ],
    settleMs: 30_000,
    invariants: delivery,
  },
]
