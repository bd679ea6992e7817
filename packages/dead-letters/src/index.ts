export { toAuditEntry, toCauseSummary, toLetterDetail, toLetterSummary } from './api-shapes.ts'
export { archivalRecord, laneRecord } from './lane-record.ts'
export { type Letter, letterId, toLetter } from './letter.ts'
export {
  type Cause,
  createLetterBook,
  type LetterBook,
  type LetterBookOptions,
  type LetterPlace,
  type ListedLetter,
  newestFirst,
} from './letter-book.ts'
export { type LetterFacts, type OriginalRecord, readLetter } from './letter-facts.ts'
export type { LetterFilter } from './letter-filter.ts'
export { type LetterSource, letterSources } from './letter-source.ts'
export {
  type LetterState,
  type LetterStatus,
  letterStateNames,
  letterStates,
  type ReplayOfLetter,
  replayIdOf,
  type SentReplay,
} from './letter-states.ts'
export { maskPersonal } from './mask-personal.ts'
export { type ContinuationPlanning, planContinuation } from './plan-continuation.ts'
export {
  type LetterAction,
  planReplay,
  type Refusal,
  type RefusalReason,
  type ReplayPlan,
  type ReplayPlanning,
  type ReplaySelection,
  replaysMax,
  requireLetters,
} from './plan-replay.ts'
export { followLetterBook, type LetterReading, type ReadPositions, readLetterBook } from './read-letter-book.ts'
export type {
  Archived,
  ArchiveRequest,
  AuditEntry,
  CauseSummary,
  ContinueRequest,
  LetterDetail,
  LetterPage,
  LetterQuery,
  LetterSummary,
  Problem,
  ReplayHistoryEntry,
  ReplayRequest,
  ReplayStatus,
} from './replay-api.ts'
export { createReplayClient, type ReplayClient, type ReplayClientOptions } from './replay-client.ts'
export { type ReplayProgress, type ReplayRun, runReplay } from './run-replay.ts'
export { type ShownLetter, showLetter } from './show-letter.ts'
