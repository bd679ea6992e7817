import { newSchemaAnswered, newSchemaBehind } from '../faults/registry.ts'
import type { Scenario } from '../scenario.ts'
import { delivery, load } from './delivery.ts'

const waits = {
  brokers: 1,
  members: 2,
  registry: true,
  load,
  settleMs: 30_000,
  invariants: delivery,
  bounds: { resumeMs: 10_000 },
} as const

/** Family E of the catalogue: faults of the schema registry. */
export const registryScenarios: readonly Scenario[] = [
  {
    ...waits,
    name: 'E1',
    title: 'registry-down',
    says: 'Takes the registry away from the members and lets a writer send values of a schema version they have never seen. These must wait, none may become a dead letter, and all must be settled soon after it is back.',
    faults: [{ fault: newSchemaBehind({ kind: 'down' }, 5_000), times: { smoke: 1, full: 10 }, everyMs: 2_000 }],
  },
  {
    ...waits,
    name: 'E2',
    title: 'registry-hangs',
    says: 'Lets the registry take every question and answer none while values of an unknown schema version arrive. The members must not wait for it for ever, and what they cannot read must wait and not become a dead letter.',
    faults: [{ fault: newSchemaAnswered({ kind: 'silence' }, 5_000), times: { smoke: 1, full: 10 }, everyMs: 2_000 }],
  },
  {
    ...waits,
    name: 'E3',
    title: 'registry-429-5xx',
    says: 'Answers for the registry with the statuses 429, 500 and 503 while values of an unknown schema version arrive. None of these statuses says anything about a message: all must wait, and none may become a dead letter.',
    faults: [429, 503, 500].map((status, place) => ({
      fault: newSchemaAnswered({ kind: 'status', status }, 3_000),
      times: { smoke: place === 0 ? 1 : 0, full: 5 },
      everyMs: 1_000,
    })),
  },
  {
    ...waits,
    name: 'E4',
    title: 'registry-slow-loris',
    says: 'Answers for the registry with a body that comes a byte at a time and never ends. The members must give up in bounded time and ask again, and no message may become a dead letter for it.',
    faults: [
      {
        fault: newSchemaAnswered({ kind: 'drip', everyMs: 200 }, 5_000),
        times: { smoke: 1, full: 10 },
        everyMs: 2_000,
      },
    ],
  },
  {
    ...waits,
    name: 'E4b',
    title: 'registry-page-of-a-proxy',
    says: 'Answers for the registry with status 200 and a sign-in page, as a proxy in between does. That is no schema and no fault of a message: all must wait, and none may become a dead letter.',
    faults: [{ fault: newSchemaAnswered({ kind: 'page' }, 5_000), times: { smoke: 1, full: 10 }, everyMs: 2_000 }],
  },
]
