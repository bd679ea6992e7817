export type { KafkaConfig, KafkaSasl } from './kafka-config.ts'
export { createKafkaTransport } from './kafka-transport.ts'
