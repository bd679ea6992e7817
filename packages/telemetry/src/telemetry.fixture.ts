import { type HeaderEntry, type ProcessFacts, silentLogger } from '@interchange/messaging'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { startTelemetry, type TelemetrySettings } from './start-telemetry.ts'

export const settings: TelemetrySettings = {
  disabled: false,
  endpoint: undefined,
  headers: undefined,
  serviceName: undefined,
  resourceAttributes: 'deployment.environment.name=test,team=a%20b',
  tracesExporter: 'otlp',
  metricsExporter: 'otlp',
  metricIntervalMs: 60_000,
  sampler: 'parentbased_always_on',
  samplerRatio: 1,
  relation: 'parent',
}

export const service = { name: 'transformer', version: '1.2.3' }

/** Telemetry that exports into memory: spans as they end, metrics when the reader is flushed. One for a process. */
export const startInMemory = () => {
  const spans = new InMemorySpanExporter()
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 })
  const telemetry = startTelemetry({
    service,
    settings,
    logger: silentLogger,
    spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
    metricReaders: [reader],
  })
  return { telemetry, spans, metrics, reader }
}

export const traceId = '0af7651916cd43dd8448eb211c80319c'
export const spanId = 'b7ad6b7169203331'

export const traceparent = (flags: string): HeaderEntry => ({
  name: 'traceparent',
  value: `00-${traceId}-${spanId}-${flags}`,
})

/** A message that is being handled. */
export const record = (changes: Partial<ProcessFacts> = {}): ProcessFacts => ({
  topic: 'sales.order-placed.v1',
  partition: 3,
  offset: 42,
  group: 'ledger',
  messageId: 'm-1',
  correlationId: 'c-1',
  attempt: 1,
  replayId: undefined,
  ...changes,
})
