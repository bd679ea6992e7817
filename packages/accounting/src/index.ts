export { type Balance, type BookedGroup, closeBooks, type GroupBalance } from './close-books.ts'
export { type FileTotals, fileTotals } from './file-totals.ts'
export type { CommittedOffset, LogFacts, LogRecord } from './log-facts.ts'
export { type IndependentReader, readLog } from './read-log.ts'
