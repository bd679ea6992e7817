import { createKafkaTransport } from '@interchange/kafka'
import { silentLogger } from '@interchange/messaging'
import { describeTransport } from './describe-transport.ts'

const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',')

describeTransport('kafkajs', () => createKafkaTransport({ brokers, clientId: 'conformance' }, { logger: silentLogger }))
