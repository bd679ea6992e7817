export { activeCorrelationId, detached, withCorrelation } from './correlation.ts'
export {
  createHttpTracing,
  type HttpRequestFacts,
  type HttpServerSpan,
  type HttpTracing,
  type IncomingHeaders,
} from './create-http-tracing.ts'
export { createLogger, type LoggerOptions, type LogLevel } from './create-logger.ts'
export { createMetrics } from './create-metrics.ts'
export type { ObserveOutbox, OutboxFacts } from './create-outbox-metrics.ts'
export { createTracing, type TracingOptions } from './create-tracing.ts'
export { startTelemetry, type Telemetry, type TelemetryOptions, type TelemetrySettings } from './start-telemetry.ts'
export { attributes, correlationBaggageKey, logFields, metricNames, spanNames } from './telemetry-names.ts'
