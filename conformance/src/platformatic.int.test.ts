import { createPlatformaticTransport } from '@interchange/kafka'
import { silentLogger } from '@interchange/messaging'
import { describeTransport } from './describe-transport.ts'

const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',')

describeTransport('platformatic', () =>
  createPlatformaticTransport({ brokers, clientId: 'conformance' }, { logger: silentLogger }),
)
