import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger, TransportProducer } from '@interchange/messaging'
import type { Cluster } from 'kafkajs'
import { type KafkaConfig, requestTimeoutMs } from '../kafka-config.ts'
import { kafkaError } from '../kafka-error.ts'
import { createSend } from '../partition-sender.ts'
import { createProduce } from '../produce.ts'
import { clusterOf, createKafkajsClient } from './kafkajs-client.ts'
import { kafkajsProduceWire } from './kafkajs-produce-wire.ts'

/**
 * By kafkajs' cluster and connections, below its producer: that one writes a record at a time and asks nobody about a
 * partition which its metadata does not have. Not idempotent: an idempotent kafkajs producer dies for good on a sequence
 * error (K8), takes a lock per broker (K10) and may drop concurrent sends (K11).
 */
export const createKafkajsProducer = async (config: KafkaConfig, logger: Logger): Promise<TransportProducer> => {
  const { kafka, destroySockets } = createKafkajsClient(config, logger, 1)
  const cluster = clusterOf(kafka)
  try {
    await cluster.connect()
  } catch (error) {
    destroySockets()
    throw kafkaError(error, 'connecting the producer')
  }
  const timeoutMs = requestTimeoutMs(config)
  let closing: Promise<void> | undefined
  return {
    send: createSend(createProduce(kafkajsProduceWire(cluster), config), config),
    close() {
      closing ??= disconnectWithin(cluster, timeoutMs).finally(destroySockets)
      return closing
    },
  }
}

const disconnectWithin = async (cluster: Cluster, deadlineMs: number): Promise<void> => {
  await Promise.race([cluster.disconnect().catch(() => undefined), sleep(deadlineMs, undefined, { ref: false })])
}
