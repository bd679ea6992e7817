import type { Logger, Transport } from '@interchange/messaging'
import { createGroupConsumer } from '../group-consumer.ts'
import type { KafkaConfig } from '../kafka-config.ts'
import { readRanges } from '../read-ranges.ts'
import { createPlatformaticAdmin } from './platformatic-admin.ts'
import { createPlatformaticProducer } from './platformatic-producer.ts'
import { createPlatformaticRangeClient } from './platformatic-range-client.ts'
import { createPlatformaticSession } from './platformatic-session.ts'
import { createPlatformaticTransactions } from './platformatic-transactions.ts'

/**
 * The second driver: the connections, logins and requests of @platformatic/kafka; records, group member and fetching are
 * ours (packages/kafka/README.md says why). Kafka 3.0 or later.
 */
export const createPlatformaticTransport = (config: KafkaConfig, { logger }: { logger: Logger }): Transport => ({
  driver: 'platformatic',
  createProducer: () => createPlatformaticProducer(config),
  createTransactions: () => createPlatformaticTransactions(config),
  createConsumer: (options) =>
    createGroupConsumer((...given) => createPlatformaticSession(config, logger, ...given), logger, options),
  createAdmin: () => createPlatformaticAdmin(config),
  read: (ranges, options) => readRanges(createPlatformaticRangeClient(config), ranges, options?.signal),
})
