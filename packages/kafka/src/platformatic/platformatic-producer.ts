import { setTimeout as sleep } from 'node:timers/promises'
import type { OutboundRecord, TransportProducer } from '@interchange/messaging'
import { type KafkaConfig, requestTimeoutMs } from '../kafka-config.ts'
import { kafkaError, rootOf } from '../kafka-error.ts'
import { createSend } from '../partition-sender.ts'
import { createCluster } from './cluster.ts'
import { produceApi } from './produce-request.ts'

/** What says that another broker leads the partition by now. */
const moved = new Set(['NOT_LEADER_OR_FOLLOWER', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION'])

export const createPlatformaticProducer = async (config: KafkaConfig): Promise<TransportProducer> => {
  const cluster = createCluster(config)
  try {
    await cluster.metadata([])
  } catch (error) {
    cluster.destroy()
    throw kafkaError(error, 'connecting the producer')
  }
  const timeoutMs = requestTimeoutMs(config)
  const sending = new Set<Promise<unknown>>()
  const produce = async (topic: string, partition: number, records: readonly OutboundRecord[]) => {
    try {
      const leader = await cluster.leaderOf(topic, partition)
      return await cluster.askNode(leader, produceApi, topic, partition, records, timeoutMs)
    } catch (error) {
      const { type } = rootOf(error)
      // Without a word from the broker it may be gone, and another may lead.
      if (type === undefined || moved.has(type)) await cluster.refresh([topic]).catch(() => undefined)
      throw error
    }
  }
  const send = createSend(produce, config)
  let closing: Promise<void> | undefined
  return {
    async send(records) {
      const sent = send(records)
      sending.add(sent)
      try {
        return await sent
      } finally {
        sending.delete(sent)
      }
    },
    close() {
      const settled = Promise.allSettled([...sending])
      closing ??= Promise.race([settled, sleep(timeoutMs, undefined, { ref: false })]).then(cluster.destroy)
      return closing
    },
  }
}
