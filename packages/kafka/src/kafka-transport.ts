import type { Logger, Transport } from '@interchange/messaging'
import { createKafkaAdmin } from './kafka-admin.ts'
import type { KafkaConfig } from './kafka-config.ts'
import { createKafkaConsumer } from './kafka-consumer.ts'
import { createKafkaProducer } from './kafka-producer.ts'
import { readKafkaRanges } from './kafka-reader.ts'
import { prepareKafkajs } from './kafkajs-client.ts'

/**
 * The default driver: kafkajs 2.2.4, patched and guarded (design page 3, "kafkajs, guarded"; docs of each trap in
 * patches/kafkajs@2.2.4.patch). Throws `ICX_KAFKA_PATCH_MISSING` at once when the stock package is installed.
 */
export const createKafkaTransport = (config: KafkaConfig, { logger }: { logger: Logger }): Transport => {
  prepareKafkajs()
  return {
    driver: 'kafkajs',
    createProducer: () => createKafkaProducer(config, logger),
    createConsumer: (options) => createKafkaConsumer(config, logger, options),
    createAdmin: () => createKafkaAdmin(config, logger),
    read: (ranges, options) => readKafkaRanges(config, logger, ranges, options?.signal),
  }
}
