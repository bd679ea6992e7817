export type { KafkaRequest } from './proxy/kafka-frames.ts'
export { type ProxyOptions, startProxy, type TcpProxy } from './proxy/start-proxy.ts'
export type { ActiveToxic, Direction, Toxic } from './proxy/toxic.ts'
