export { type Clock, systemClock } from './clock.ts'
export { type Codec, schemaMissing } from './codec.ts'
export { createConsumerGroup } from './consume/create-consumer-group.ts'
export { defaultGroupLimits, type GroupLimits } from './consume/group-limits.ts'
export type { ConsumerGroup, ConsumerGroupOptions, GroupHealth } from './consumer-group.ts'
export type { DeliveryOutcome } from './delivery-outcome.ts'
export type { Cause, EffectStore, SettleEntry, SettleResult } from './effect-store.ts'
export { grpcFailure, type HttpAnswer, httpFailure } from './failure/answer-failure.ts'
export { classify, type Failure } from './failure/classify.ts'
export { type ErrorCode, errorCodes } from './failure/error-codes.ts'
export {
  budgetedClasses,
  type ErrorFacts,
  type FailureClass,
  failureClasses,
  InterchangeError,
  notYet,
  rejected,
} from './failure/failure.ts'
export { fingerprintOf } from './failure/fingerprint.ts'
export { afterFailure, backoffMs, defaultRetryPolicy, type RetryPolicy } from './failure/retry-policy.ts'
export { type LogFields, type Logger, silentLogger } from './logger.ts'
export { type Metrics, noMetrics, type SettledAs } from './metrics.ts'
export {
  createPublisher,
  defaultPublisherLimits,
  type PublisherLimits,
  type PublisherOptions,
} from './publish/create-publisher.ts'
export { type EventFacts, eventHeaders } from './publish/event-headers.ts'
export type { Published, Publisher, PublishOptions } from './publisher.ts'
export { derivedEventId, eventIdTimeMs, naturalEventId, newEventId, placeEventId } from './record/event-id.ts'
export { HeaderBlock } from './record/header-block.ts'
export { headerLimits } from './record/header-cursor.ts'
export type { HeaderEntry } from './record/header-entry.ts'
export { ceHeaders, controlHeaderPrefix, deadLetterHeaders, traceHeaders } from './record/header-names.ts'
export { letterFacts, type OrderAfterLetter, ordersAfterLetter } from './record/letter-facts.ts'
export { murmur2, partitionOf } from './record/partition-of.ts'
export {
  type Answer,
  type EffectRoute,
  effectRoute,
  type HandlerContext,
  isOutgoing,
  type Outgoing,
  outgoing,
  type PublishRoute,
  publishRoute,
  type Route,
} from './route.ts'
export {
  type AnyTopic,
  deadLetterTopicName,
  replayLaneName,
  retryTopicName,
  type SchemaReference,
  type Topic,
  type TopicKind,
  type ValueOf,
} from './topic.ts'
export { retentionConfigNames, topicRetentionMs } from './topic-retention.ts'
export { noTracing, type ProcessFacts, type SendFacts, type Span, type SpanOutcome, type Tracing } from './tracing.ts'
export {
  type AssignedPartition,
  type CommitOffset,
  type ConsumerOptions,
  type GroupMember,
  type GroupMembership,
  type GroupState,
  type OutboundRecord,
  type PartitionOffsets,
  type ReadRange,
  type RecordBatch,
  type SendOutcome,
  type TopicPartition,
  type TopicSpec,
  type TransactionalProducer,
  type TransactionOffsets,
  type Transactions,
  type Transport,
  type TransportAdmin,
  type TransportConsumer,
  type TransportFeature,
  type TransportProducer,
  type TransportRecord,
  transactionTimeoutMs,
} from './transport.ts'
export type {
  ClaimedPartition,
  HeldKey,
  HeldKeys,
  WaitingClaim,
  WaitingFailure,
  WaitingRecord,
  WaitingRoom,
} from './waiting-room.ts'
