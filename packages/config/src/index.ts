export { ConfigError } from './config-error.ts'
export {
  type ConfigOf,
  type ConfigPart,
  type ConfigProblem,
  configPart,
  type Settings,
  type ValuesOf,
} from './config-part.ts'
export { databaseConfig } from './database-config.ts'
export { type ConfigRow, describeConfig } from './describe-config.ts'
export { httpConfig } from './http-config.ts'
export { kafkaConfig } from './kafka-config.ts'
export { type AnyConfigPart, type Config, type Environment, readConfig } from './read-config.ts'
export { registryConfig } from './registry-config.ts'
export { serviceConfig } from './service-config.ts'
export { optional, required, type Setting, secret, withDefault } from './setting.ts'
export { flag, hostPorts, integer, oneOf, ratio, readableFile, text, url } from './setting-types.ts'
export { storeConfig } from './store-config.ts'
export { telemetryConfig } from './telemetry-config.ts'
