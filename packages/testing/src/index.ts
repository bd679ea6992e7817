export { type Delivery, type MessageSettings, malformed, message, testTimeMs, tombstone } from './delivery.ts'
export { type CrashMoment, type GivenOptions, given, type Scenario } from './given.ts'
export {
  createMemoryEffectStore,
  type MemoryEffectStore,
  type MemoryEffectStoreOptions,
} from './memory-effect-store.ts'
export type { Letter, Outcome, PublishedEvent } from './outcome.ts'
export { uniqueName } from './unique-name.ts'
export { type WaitOptions, waitFor } from './wait-for.ts'
