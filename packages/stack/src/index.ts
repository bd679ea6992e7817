export { environmentOf, type StackAddresses } from './addresses.ts'
export {
  type ClusterBroker,
  type ClusterOptions,
  type ClusterServer,
  type RunningCluster,
  startCluster,
} from './cluster.ts'
export type { Component, ComponentMode, ComponentName } from './components/component.ts'
export type { BrokerSettings } from './components/kafka.ts'
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
export type { GuardedProcess } from './guard/guard.ts'
export type { Exit } from './guard/protocol.ts'
export { checkoutFolder } from './home.ts'
export { type JavaKafkaClient, javaKafkaClient } from './java-kafka-client.ts'
export { lastLines } from './log-file.ts'
export { removeDeadStacks } from './remove-dead-stacks.ts'
export type { RunningService, ServiceOptions } from './service.ts'
export { type RunningStack, type StackOptions, startStack } from './stack.ts'
export { type Credentials, type RunningSystem, type SystemOptions, startSystem } from './start-system.ts'
export type { ComponentState, StackState } from './state-file.ts'
