export { type Invariant, invariants, smallest, type Violation } from './checkers/check.ts'
export { checkObserved } from './checkers/check-observed.ts'
export { type CrashPoint, crashText, crashVariable, createCrashPoints, readCrashPoint } from './faults/crash-points.ts'
export { type Freezable, freeze, thaw } from './faults/freeze.ts'
export {
  createHistoryReader,
  type Fact,
  type Happened,
  type HistoryFile,
  nowMs,
  openHistory,
} from './history/history.ts'
export type { Effect, Ledger, Letter, Observed, OutputRecord, Outputs, ReadRecord } from './history/observed.ts'
export { scanHistory } from './history/scan-history.ts'
export {
  type ActiveManner,
  type AskedRequest,
  type HttpFront,
  type Manner,
  startHttpFront,
} from './proxy/http-front.ts'
export type { KafkaRequest } from './proxy/kafka-frames.ts'
export { type ProxyOptions, startProxy, type TcpProxy } from './proxy/start-proxy.ts'
export type { ActiveToxic, Direction, Toxic } from './proxy/toxic.ts'
