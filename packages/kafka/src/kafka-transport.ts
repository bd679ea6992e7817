import type { Logger, Transport } from '@interchange/messaging'
import type { KafkaConfig } from './kafka-config.ts'
import { createKafkajsTransport } from './kafkajs/kafkajs-transport.ts'
import { createPlatformaticTransport } from './platformatic/platformatic-transport.ts'

/** The driver that `config` names behind the one transport contract. Throws `ICX_KAFKA_PATCH_MISSING` as kafkajs' does. */
export const createKafkaTransport = (config: KafkaConfig, given: { logger: Logger }): Transport =>
  config.driver === 'platformatic' ? createPlatformaticTransport(config, given) : createKafkajsTransport(config, given)
