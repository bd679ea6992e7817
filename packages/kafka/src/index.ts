export type { KafkaConfig, KafkaDriver, KafkaSasl } from './kafka-config.ts'
export { createKafkaTransport } from './kafka-transport.ts'
export { createKafkajsTransport } from './kafkajs/kafkajs-transport.ts'
export { createPlatformaticTransport } from './platformatic/platformatic-transport.ts'
