export { environmentOf, type StackAddresses } from './addresses.ts'
export type { Component, ComponentMode, ComponentName } from './components/component.ts'
export {
  type ComponentStatus,
  findStack,
  type StackStatus,
  stackDown,
  stackLogs,
  stackStatus,
  stackUp,
  type WhichStack,
} from './detached.ts'
export type { Exit } from './guard/protocol.ts'
export { lastLines } from './log-file.ts'
export type { RunningService, ServiceOptions } from './service.ts'
export { type RunningStack, type StackOptions, startStack } from './stack.ts'
export type { ComponentState, StackState } from './state-file.ts'
