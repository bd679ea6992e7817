import { noTracing, silentLogger, type Tracing } from '@interchange/messaging'
import { startTelemetry } from '@interchange/telemetry'
import type { Ground } from './step.ts'

/** The telemetry a service starts, with a span for each message; none where nobody collects them. */
export const openTracing = ({ proc, tracesUrl }: Pick<Ground, 'proc' | 'tracesUrl'>): Tracing => {
  if (tracesUrl === null) return noTracing
  const { tracing } = startTelemetry({
    service: { name: proc, version: '0' },
    logger: silentLogger,
    settings: {
      disabled: false,
      endpoint: tracesUrl,
      headers: undefined,
      serviceName: undefined,
      resourceAttributes: undefined,
      tracesExporter: 'otlp',
      metricsExporter: 'none',
      metricIntervalMs: 60_000,
      sampler: 'always_on',
      samplerRatio: 1,
      relation: 'parent',
    },
  })
  return tracing
}
