import type { OutboundRecord } from '@interchange/messaging'
import { compressionOf } from '../compression/compress.ts'
import { type KafkaConfig, requestTimeoutMs } from '../kafka-config.ts'
import { rootOf } from '../kafka-error.ts'
import type { Cluster } from './cluster.ts'
import { produceApi } from './produce-request.ts'
import { type BatchOwner, encodeBatch, packBatch } from './record-batch.ts'

/** What says that another broker leads the partition by now. */
const moved = new Set(['NOT_LEADER_OR_FOLLOWER', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION'])

/** One request to the leader of a partition; answers with the first record's offset. After a failure the leader is asked for again. */
export const produceOnce = async (
  cluster: Cluster,
  topic: string,
  partition: number,
  records: readonly OutboundRecord[],
  config: KafkaConfig,
  owner?: BatchOwner,
): Promise<number | undefined> => {
  const codec = compressionOf(config, records)
  const plain = encodeBatch(records, Date.now(), owner)
  const batch = codec === undefined ? plain : await packBatch(plain, codec)
  const { transactionalId = null } = owner ?? {}
  try {
    const leader = await cluster.leaderOf(topic, partition)
    return await cluster.askNode(leader, produceApi, topic, partition, batch, requestTimeoutMs(config), transactionalId)
  } catch (error) {
    const { type } = rootOf(error)
    // Without a word from the broker it may be gone, and another may lead.
    if (type === undefined || moved.has(type)) await cluster.refresh([topic]).catch(() => undefined)
    throw error
  }
}
