import { setTimeout as sleep } from 'node:timers/promises'
import type { TransportProducer } from '@interchange/messaging'
import { type KafkaConfig, requestTimeoutMs } from '../kafka-config.ts'
import { kafkaError } from '../kafka-error.ts'
import { createSend } from '../partition-sender.ts'
import { createProduce } from '../produce.ts'
import { createCluster } from './cluster.ts'
import { platformaticProduceWire } from './platformatic-produce-wire.ts'

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
  const send = createSend(createProduce(platformaticProduceWire(cluster), config), config)
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
