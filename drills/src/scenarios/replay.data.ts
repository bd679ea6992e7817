import { killReplay, poisonThenMend, replayAgain, replayTheRest, twoOperators } from '../faults/replays.ts'
import type { PlannedFault, Scenario } from '../scenario.ts'
import { delivery, load } from './delivery.ts'

const letters = (smoke: number, full: number): PlannedFault => ({
  fault: poisonThenMend,
  times: { smoke, full },
  everyMs: 0,
})
const afterwards: PlannedFault = { fault: replayTheRest, times: { smoke: 1, full: 2 }, everyMs: 0 }

const replays = {
  brokers: 1,
  members: 2,
  load: { ...load, keys: 20, perSecond: 100, poisonRun: 60 },
  settleMs: 30_000,
  invariants: [...delivery, 'V15', 'V16'],
} as const

/** Family F of the catalogue: what operators do with dead letters. */
export const replayScenarios: readonly Scenario[] = [
  {
    ...replays,
    name: 'F1',
    title: 'replay-kill',
    says: 'Kills a replay of dead letters (SIGKILL) before and after its plan, its audit and its sends, and lets another one continue it. Each letter must have its effect once and arrive as what it was, however often it was sent.',
    faults: [
      letters(1, 4),
      { fault: killReplay('plan.after', 1), times: { smoke: 0, full: 3 }, everyMs: 0 },
      { fault: killReplay('audit.before', 1), times: { smoke: 0, full: 3 }, everyMs: 0 },
      { fault: killReplay('audit.after', 1), times: { smoke: 1, full: 3 }, everyMs: 0 },
      { fault: killReplay('send.before', 2), times: { smoke: 0, full: 3 }, everyMs: 0 },
      { fault: killReplay('send.after', 2), times: { smoke: 1, full: 3 }, everyMs: 0 },
      afterwards,
    ],
  },
  {
    ...replays,
    name: 'F2',
    title: 'replay-twice',
    says: 'Sends every dead letter back, and then again and again. The effects must be those of one replay, and every copy its letter byte for byte.',
    faults: [letters(0, 1), { fault: replayAgain, times: { smoke: 0, full: 5 }, everyMs: 500 }],
  },
  {
    ...replays,
    name: 'F3',
    title: 'two-operators',
    says: 'Lets two operators send the same dead letters back at the same time, each without knowing of the other. The effects must be those of one of them, and in order.',
    faults: [letters(0, 1), { fault: twoOperators, times: { smoke: 0, full: 5 }, everyMs: 500 }],
  },
]
