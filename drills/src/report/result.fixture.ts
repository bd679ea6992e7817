import type { ScenarioResult } from '../run-scenario.ts'

/** A result for tests, with two faults of one kind of which one was seen. */
export const resultNamed = (name: string, more: Partial<ScenarioResult> = {}): ScenarioResult => ({
  name,
  size: 'smoke',
  seed: 1,
  messages: 10,
  acknowledged: 9,
  effects: 9,
  letters: 0,
  repeatedRecords: 0,
  faults: [
    { fault: 'kill-member', target: 'member-1', effective: true },
    { fault: 'kill-member', target: 'it had ended', effective: false },
  ],
  takeOverMs: [],
  settledMs: 1,
  figures: [],
  broken: {},
  counterExamples: [],
  passed: true,
  ...more,
})
