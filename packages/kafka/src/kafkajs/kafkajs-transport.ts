import type { Logger, Transport } from '@interchange/messaging'
import { createGroupConsumer } from '../group-consumer.ts'
import type { KafkaConfig } from '../kafka-config.ts'
import { readRanges } from '../read-ranges.ts'
import { createKafkajsAdmin } from './kafkajs-admin.ts'
import { patchedKafkajs } from './kafkajs-client.ts'
import { createKafkajsProducer } from './kafkajs-producer.ts'
import { createKafkajsRangeClient } from './kafkajs-range-client.ts'
import { createKafkajsSession } from './kafkajs-session.ts'
import { createKafkajsTransactions } from './kafkajs-transactions.ts'

/**
 * The default driver: kafkajs 2.2.4, patched and guarded (design page 3, "kafkajs, guarded"; each trap in
 * patches/README.md). Throws `ICX_KAFKA_PATCH_MISSING` at once when the stock package is installed.
 */
export const createKafkajsTransport = (config: KafkaConfig, { logger }: { logger: Logger }): Transport => {
  patchedKafkajs()
  return {
    driver: 'kafkajs',
    createProducer: () => createKafkajsProducer(config, logger),
    createTransactions: () => createKafkajsTransactions(config, logger),
    createConsumer: (options) =>
      createGroupConsumer((...given) => createKafkajsSession(config, logger, ...given), logger, options),
    createAdmin: () => createKafkajsAdmin(config, logger),
    read: (ranges, options) => readRanges(createKafkajsRangeClient(config, logger), ranges, options?.signal),
  }
}
