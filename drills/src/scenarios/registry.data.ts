import { newSchemaAnswered, newSchemaBehind } from '../faults/registry.ts'
import { stampede, unknownIds } from '../faults/registry-floods.ts'
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

const newSchemaWhileDown = newSchemaBehind({ kind: 'down' }, 3_000)

/** Family E of the catalogue: faults of the schema registry. */
export const registryScenarios: readonly Scenario[] = [
  {
    ...waits,
    name: 'E1',
    title: 'registry-down',
    says: 'Takes the registry away from the members and lets a writer send values of a schema version they have never seen. These must wait, none may become a dead letter, and all must be settled soon after it is back.',
    faults: [{ fault: newSchemaWhileDown, times: { smoke: 1, full: 10 }, everyMs: 2_000 }],
  },
  {
    brokers: 1,
    members: 2,
    registry: true,
    registryClient: 'stock',
    load,
    settleMs: 30_000,
    name: 'E1-stock',
    title: 'registry-down, stock registry client',
    says: 'Does the same to members that ask by the stock registry client, which calls an unreachable registry status 400. Sound messages must become dead letters, or the drill above proves nothing.',
    faults: [{ fault: newSchemaWhileDown, times: { smoke: 1, full: 2 }, everyMs: 2_000 }],
    invariants: ['V14'],
    mustBreak: true,
  },
  {
    ...waits,
    name: 'E2',
    title: 'registry-hangs',
    says: 'Lets the registry take every question and answer none while values of an unknown schema version arrive. The members must not wait for it for ever, and what they cannot read must wait and not become a dead letter.',
    faults: [{ fault: newSchemaAnswered({ kind: 'silence' }, 5_000), times: { smoke: 0, full: 10 }, everyMs: 2_000 }],
  },
  {
    ...waits,
    name: 'E3',
    title: 'registry-429-5xx',
    says: 'Answers for the registry with the statuses 429, 500 and 503 while values of an unknown schema version arrive. None of these statuses says anything about a message: all must wait, and none may become a dead letter.',
    faults: [429, 503, 500].map((status) => ({
      fault: newSchemaAnswered({ kind: 'status', status }, 3_000),
      times: { smoke: 0, full: 5 },
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
        times: { smoke: 0, full: 10 },
        everyMs: 2_000,
      },
    ],
  },
  {
    ...waits,
    name: 'E4b',
    title: 'registry-page-of-a-proxy',
    says: 'Answers for the registry with status 200 and a sign-in page, as a proxy in between does. That is no schema and no fault of a message: all must wait, and none may become a dead letter.',
    faults: [{ fault: newSchemaAnswered({ kind: 'page' }, 5_000), times: { smoke: 0, full: 10 }, everyMs: 2_000 }],
  },
  {
    ...waits,
    name: 'E5',
    title: 'registry-stampede',
    says: 'Lets a thousand messages of a new schema version pile up, starts a member and makes the registry slow to answer. It must ask for the version once, however many messages wait for it.',
    members: 1,
    faults: [{ fault: stampede(1_000), times: { smoke: 0, full: 10 }, everyMs: 1_000 }],
    bounds: { questionsPerSchema: 1 },
  },
  {
    ...waits,
    name: 'E6',
    title: 'unknown-id-flood',
    says: 'Sends messages whose schema ids nobody registered, many different ones and one again and again, among sound traffic. Each must become a dead letter, the registry must hardly notice, and the sound messages must go on.',
    members: 1,
    load: { ...load, perSecond: 400 },
    faults: [{ fault: unknownIds({ distinct: 30, repeats: 200 }), times: { smoke: 1, full: 50 }, everyMs: 1_000 }],
    settleMs: 60_000,
    invariants: [...delivery, 'V15'],
    bounds: { vainQuestionsPerSecond: 5, vainQuestionsPerTtl: 1, goodLossPercent: 10 },
  },
]
