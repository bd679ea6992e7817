import type { FailureClass } from './failure/failure.ts'

/** What the kernel counts, per batch where it can. `@interchange/telemetry` turns it into instruments; names live there. */
export interface Metrics {
  sent(topic: string, count: number, durationMs: number): void
  sendFailed(topic: string, code: string): void
  received(topic: string, group: string, count: number): void
  settled(topic: string, group: string, outcome: SettledAs, count: number): void
  handled(topic: string, group: string, count: number, durationMs: number): void
  failed(topic: string, group: string, failureClass: FailureClass, code: string): void
  waiting(topic: string, group: string, count: number): void
  lag(topic: string, group: string, partition: number, records: number): void
  /** How long one message has held back the offset of a partition while later ones are done; 0 when that is over. */
  headOfLine(topic: string, group: string, partition: number, ageMs: number): void
  /** How long an open transaction has kept readers of committed records from what lies behind it; 0 when that is over. */
  openTransaction(topic: string, group: string, partition: number, ageMs: number): void
}

/** How a message ended for a group. `done` in the accounting is every one of these but `dead-lettered`. */
export type SettledAs = 'done' | 'duplicate' | 'superseded' | 'tombstone' | 'dead-lettered'

const nothing = (): void => undefined

/** Counts nothing. */
export const noMetrics: Metrics = {
  sent: nothing,
  sendFailed: nothing,
  received: nothing,
  settled: nothing,
  handled: nothing,
  failed: nothing,
  waiting: nothing,
  lag: nothing,
  headOfLine: nothing,
  openTransaction: nothing,
}
