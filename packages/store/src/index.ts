export {
  createDatabase,
  type Database,
  type DatabaseOptions,
  type Queryable,
  type Transaction,
} from './database.ts'
export { createEffectStore, type EffectStoreOptions } from './effect-store.ts'
export { type HeldOutcome, holdInboxRow } from './hold-inbox-row.ts'
export { inboxId } from './inbox-id.ts'
export { checkInboxWindow, type Retention } from './inbox-window.ts'
export { migrate } from './migrate.ts'
export { createOutbox, type Outbox, type OutboxEvent, outboxEvent, requeueOutbox } from './outbox/outbox.ts'
export { type OutboxState, readOutboxState } from './outbox/outbox-rows.ts'
export { outcomesInto } from './outbox/outcomes-into.ts'
export { type QuarantinedEvent, type QuarantineQuery, readQuarantinedEvents } from './outbox/quarantined-events.ts'
export { createRelay, type Relay, type RelayHealth, type RelayOptions } from './outbox/relay.ts'
export { createInboxPruner, type InboxPruner, type PrunedInbox, pruneInbox } from './prune-inbox.ts'
export { createWaitingEffectStore } from './waiting/waiting-effect-store.ts'
export { createWaitingRoom } from './waiting/waiting-room.ts'
