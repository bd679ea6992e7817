import {
  type AnyTopic,
  deadLetterTopicName,
  replayLaneName,
  retryTopicName,
  type SchemaReference,
} from '@interchange/messaging'
import {
  adjustmentRecorded,
  billingCustomerRegistered,
  marketingCustomerRegistered,
  orderCancelled,
  orderPlaced,
  privacyErasureRequested,
  refundIssued,
  stockAdjusted,
} from './canonical-topics.ts'
import { schemaVersions } from './generated/schema-versions.ts'
import { deliveryOutcome, replayAudit } from './internal-topics.ts'
import {
  customerReceived,
  invoiceReceived,
  orderReceived,
  refundReceived,
  shopErasureRequested,
} from './source-topics.ts'

/** How long a replayed letter stays in its lane. */
const replayRetentionMs = 7 * 86_400_000

/** Every topic, in the order a message travels. */
export const topics: readonly AnyTopic[] = [
  invoiceReceived,
  orderReceived,
  customerReceived,
  refundReceived,
  shopErasureRequested,
  orderPlaced,
  orderCancelled,
  refundIssued,
  adjustmentRecorded,
  stockAdjusted,
  billingCustomerRegistered,
  marketingCustomerRegistered,
  privacyErasureRequested,
  deliveryOutcome,
  replayAudit,
]

/** What a physical topic is for: the events themselves, or a group's dead letters, its lane for replays, one of its retry topics. */
export type PhysicalTopicRole = 'events' | 'dead-letters' | 'replay' | 'retry'

/** One topic as it exists in the cluster. */
export interface PhysicalTopic {
  readonly name: string
  readonly role: PhysicalTopicRole
  /** The topic whose records it carries. */
  readonly topic: AnyTopic
  /** The group it belongs to; undefined for `events`. */
  readonly group: string | undefined
  readonly partitions: number
  /** Topic-level configuration, by Kafka's names. */
  readonly configs: Readonly<Record<string, string>>
}

/** Kafka's default `max.message.bytes`, which the events' topics keep. */
const messageBytesMax = 1_048_588
/** Room for the facts that a dead letter or a replay adds as headers; the original is never cut. */
const factBytesMax = 65_536

const configsOf = (retentionMs: number, cleanup: AnyTopic['cleanup'], bytesMax: number): PhysicalTopic['configs'] => ({
  'retention.ms': String(retentionMs),
  'cleanup.policy': cleanup,
  'max.message.bytes': String(bytesMax),
})

/** The physical topics of one topic: itself, and dead letters, replay lane and retry topics of each group that reads it. */
export const physicalTopicsOf = (topic: AnyTopic): readonly PhysicalTopic[] => {
  const { name, partitions } = topic
  const own = configsOf(topic.retentionMs, topic.cleanup, messageBytesMax)
  const letters = configsOf(-1, 'delete', messageBytesMax + factBytesMax)
  const replays = configsOf(replayRetentionMs, 'delete', messageBytesMax + factBytesMax)
  // What waits may wait as long as what it waits for could still come.
  const retries = configsOf(topic.retentionMs, 'delete', messageBytesMax + factBytesMax)
  return [
    { name, role: 'events', topic, group: undefined, partitions, configs: own },
    ...topic.groups.flatMap((group): PhysicalTopic[] => [
      { name: deadLetterTopicName(name, group), role: 'dead-letters', topic, group, partitions, configs: letters },
      { name: replayLaneName(name, group), role: 'replay', topic, group, partitions, configs: replays },
      ...(topic.retryDelaysMs?.[group] ?? []).map(
        (_delayMs, index): PhysicalTopic => ({
          ...{ name: retryTopicName(name, group, index + 1), role: 'retry', topic, group, partitions },
          configs: retries,
        }),
      ),
    ]),
  ]
}

/** Every physical topic of the system. The only list `ix topics apply` goes by. */
export const catalogue: readonly PhysicalTopic[] = topics.flatMap(physicalTopicsOf)

/** The consumer groups that have dead letters, sorted. */
export const groups: readonly string[] = [...new Set(topics.flatMap((topic) => topic.groups))].sort()

/** The groups that read the topic of this name; none for a name the catalogue does not know. */
export const groupsOf = (topicName: string): readonly string[] => topicNamed(topicName)?.groups ?? []

/** The topics a group reads. */
export const topicsOf = (group: string): readonly AnyTopic[] => topics.filter((topic) => topic.groups.includes(group))

/** The topic of this name, undefined when the catalogue does not know it. */
export const topicNamed = (topicName: string): AnyTopic | undefined => topics.find(({ name }) => name === topicName)

/** Every version of the topic's schema, oldest first: what is to be registered. */
export const versionsOf = ({ schema }: AnyTopic): readonly SchemaReference[] =>
  schemaVersions.find(([first]) => first.subject === schema.subject) ?? [schema]
