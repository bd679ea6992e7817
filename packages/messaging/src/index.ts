export { classify, type Failure } from './classify.ts'
export { type Clock, systemClock } from './clock.ts'
export { type Codec, schemaMissing } from './codec.ts'
export type { ConsumerGroup, ConsumerGroupOptions, DeliveryOutcome, GroupHealth } from './consumer-group.ts'
export { createConsumerGroup } from './create-consumer-group.ts'
export {
  createPublisher,
  defaultPublisherLimits,
  type PublisherLimits,
  type PublisherOptions,
} from './create-publisher.ts'
export type { EffectStore, SettleEntry, SettleResult } from './effect-store.ts'
export { type ErrorCode, errorCodes } from './error-codes.ts'
export { derivedEventId, eventIdTimeMs, naturalEventId, newEventId, placeEventId } from './event-id.ts'
export { type ErrorFacts, type FailureClass, failureClasses, InterchangeError, notYet, rejected } from './failure.ts'
export { fingerprintOf } from './fingerprint.ts'
export { defaultGroupLimits, type GroupLimits } from './group-limits.ts'
export { HeaderBlock, type HeaderEntry, headerLimits } from './header-block.ts'
export { ceHeaders, controlHeaderPrefix, deadLetterHeaders, traceHeaders } from './header-names.ts'
export { letterFacts } from './letter-facts.ts'
export { type LogFields, type Logger, silentLogger } from './logger.ts'
export { type Metrics, noMetrics, type SettledAs } from './metrics.ts'
export { murmur2, partitionOf } from './partition-of.ts'
export type { Published, Publisher, PublishOptions } from './publisher.ts'
export { afterFailure, backoffMs, defaultRetryPolicy, type RetryPolicy } from './retry-policy.ts'
export {
  type Answer,
  type EffectRoute,
  effectRoute,
  type HandlerContext,
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
  type SchemaReference,
  type Topic,
  type TopicKind,
  type ValueOf,
} from './topic.ts'
export { noTracing, type ProcessFacts, type SendFacts, type Span, type SpanOutcome, type Tracing } from './tracing.ts'
export type {
  AssignedPartition,
  CommitOffset,
  ConsumerOptions,
  GroupMember,
  GroupState,
  OutboundRecord,
  PartitionOffsets,
  ReadRange,
  RecordBatch,
  SendOutcome,
  TopicPartition,
  TopicSpec,
  Transport,
  TransportAdmin,
  TransportConsumer,
  TransportProducer,
  TransportRecord,
} from './transport.ts'
