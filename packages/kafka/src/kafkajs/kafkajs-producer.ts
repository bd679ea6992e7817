import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger, OutboundRecord, TransportProducer } from '@interchange/messaging'
import kafkajs, { type Producer } from 'kafkajs'
import type { KafkaConfig } from '../kafka-config.ts'
import { requestTimeoutMs } from '../kafka-config.ts'
import { kafkaError } from '../kafka-error.ts'
import { createSend } from '../partition-sender.ts'
import { unknownPartition } from '../read-ranges.ts'
import { compressionType } from './compression-codecs.ts'
import { createKafkajsClient } from './kafkajs-client.ts'
import { toMessage } from './to-message.ts'

/**
 * Not idempotent: an idempotent kafkajs producer dies for good on a sequence error (K8), takes a lock per broker (K10)
 * and may drop concurrent sends (K11).
 */
export const createKafkajsProducer = async (config: KafkaConfig, logger: Logger): Promise<TransportProducer> => {
  const { kafka, destroySockets } = createKafkajsClient(config, logger, 1)
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    idempotent: false,
    retry: { retries: 0 },
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  try {
    await producer.connect()
  } catch (error) {
    destroySockets()
    throw kafkaError(error, 'connecting the producer')
  }
  const timeoutMs = requestTimeoutMs(config)
  const produce = async (
    topic: string,
    partition: number,
    records: readonly OutboundRecord[],
  ): Promise<number | undefined> => {
    const answers = await producer.send({
      topic,
      messages: records.map(toMessage),
      acks: -1,
      timeout: timeoutMs,
      compression: compressionType(config, records),
    })
    // It asks nobody about a partition that its metadata does not have, and calls that sent.
    if (answers.length === 0) throw unknownPartition(topic, partition)
    const answer = answers.find((each) => each.topicName === topic && each.partition === partition)
    const baseOffset = Number(answer?.baseOffset ?? -1)
    return answer?.errorCode === 0 && Number.isSafeInteger(baseOffset) && baseOffset >= 0 ? baseOffset : undefined
  }
  let closing: Promise<void> | undefined
  return {
    send: createSend(produce, config),
    close() {
      closing ??= disconnectWithin(producer, timeoutMs).finally(destroySockets)
      return closing
    },
  }
}

const disconnectWithin = async (producer: Producer, deadlineMs: number): Promise<void> => {
  await Promise.race([producer.disconnect().catch(() => undefined), sleep(deadlineMs, undefined, { ref: false })])
}
