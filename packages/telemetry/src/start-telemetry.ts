import { randomUUID } from 'node:crypto'
import { type Logger, type Metrics, noMetrics, noTracing, type Tracing } from '@interchange/messaging'
import {
  context,
  createNoopMeter,
  DiagLogLevel,
  diag,
  metrics as globalMetrics,
  propagation,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { defaultResource, type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import { type IMetricReader, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { createHttpTracing, type HttpTracing } from './create-http-tracing.ts'
import { createMetrics } from './create-metrics.ts'
import { createOutboxMetrics, type ObserveOutbox } from './create-outbox-metrics.ts'
import { createTracing } from './create-tracing.ts'
import { diagnostics } from './diagnostics.ts'
import { createSampler } from './forced-sampling.ts'
import { keyValueList } from './key-value-list.ts'

/** What `telemetryConfig` of `@interchange/config` reads. */
export interface TelemetrySettings {
  readonly disabled: boolean
  readonly endpoint: string | undefined
  readonly headers: string | undefined
  readonly serviceName: string | undefined
  readonly resourceAttributes: string | undefined
  readonly tracesExporter: 'otlp' | 'none'
  readonly metricsExporter: 'otlp' | 'none'
  readonly metricIntervalMs: number
  readonly sampler: string
  readonly samplerRatio: number
  readonly relation: 'parent' | 'link'
}

export interface TelemetryOptions {
  readonly service: { readonly name: string; readonly version: string }
  readonly settings: TelemetrySettings
  readonly logger: Logger
  /** Instead of the OTLP exporters, for tests. */
  readonly spanProcessors?: readonly SpanProcessor[]
  readonly metricReaders?: readonly IMetricReader[]
}

export interface Telemetry {
  /** Whether anything is exported. Correlation ids reach the log lines either way. */
  readonly enabled: boolean
  readonly tracing: Tracing
  readonly metrics: Metrics
  readonly http: HttpTracing
  readonly observeOutbox: ObserveOutbox
  /** Exports what is left and ends, within `deadlineMs`; says so when it could not. Never rejects. */
  shutdown(deadlineMs: number): Promise<void>
}

/** Starts OpenTelemetry for this process, once. Off when disabled or without an endpoint. */
export const startTelemetry = (options: TelemetryOptions): Telemetry => {
  const { settings, logger } = options
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  )
  diag.setLogger(diagnostics(logger), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })

  const spanProcessors = settings.disabled ? [] : (options.spanProcessors ?? otlpSpanProcessors(settings))
  const readers = settings.disabled ? [] : (options.metricReaders ?? otlpMetricReaders(settings))
  const resource = resourceOf(options)
  const tracerProvider =
    spanProcessors.length === 0
      ? undefined
      : new TracerProvider({
          resource,
          sampler: createSampler(settings.sampler, settings.samplerRatio),
          spanLimits: { attributeValueLengthLimit: 4_096 },
          spanProcessors: [...spanProcessors],
        })
  const meterProvider = readers.length === 0 ? undefined : new MeterProvider({ resource, readers: [...readers] })
  if (tracerProvider !== undefined) trace.setGlobalTracerProvider(tracerProvider)
  if (meterProvider !== undefined) globalMetrics.setGlobalMeterProvider(meterProvider)

  const tracer = (tracerProvider ?? trace.getTracerProvider()).getTracer(scope, options.service.version)
  const meter = meterProvider?.getMeter(scope, options.service.version)
  return {
    enabled: tracerProvider !== undefined || meterProvider !== undefined,
    tracing: tracerProvider === undefined ? noTracing : createTracing({ tracer, relation: settings.relation }),
    metrics: meter === undefined ? noMetrics : createMetrics(meter),
    http: createHttpTracing(tracer, meter ?? createNoopMeter()),
    observeOutbox: createOutboxMetrics(meter ?? createNoopMeter()),
    async shutdown(deadlineMs) {
      const ended = Promise.allSettled([tracerProvider?.shutdown(), meterProvider?.shutdown()])
      const results = await Promise.race([ended, after(deadlineMs)])
      if (results === undefined) logger.warn({ deadlineMs }, 'telemetry was not exported in time')
      for (const result of results ?? []) {
        if (result.status === 'rejected') logger.warn({ error: result.reason }, 'telemetry was not exported')
      }
    },
  }
}

const scope = '@interchange/telemetry'

const after = (delayMs: number): Promise<undefined> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(undefined), delayMs).unref()
  })

const exporterOptions = (settings: TelemetrySettings, path: string) => ({
  url: `${(settings.endpoint ?? '').replace(/\/+$/, '')}${path}`,
  ...(settings.headers !== undefined && { headers: keyValueList(settings.headers) }),
})

const otlpSpanProcessors = (settings: TelemetrySettings): readonly SpanProcessor[] =>
  settings.endpoint === undefined || settings.tracesExporter === 'none'
    ? []
    : [
        new BatchSpanProcessor({
          exporter: new OTLPTraceExporter(exporterOptions(settings, '/v1/traces')),
          // The defaults (2,048 spans every 5 s) drop spans above 400 a second.
          maxQueueSize: 32_768,
          maxExportBatchSize: 1_024,
          scheduledDelayMillis: 500,
        }),
      ]

const otlpMetricReaders = (settings: TelemetrySettings): readonly IMetricReader[] =>
  settings.endpoint === undefined || settings.metricsExporter === 'none'
    ? []
    : [
        new PeriodicExportingMetricReader({
          exporter: new OTLPMetricExporter(exporterOptions(settings, '/v1/metrics')),
          exportIntervalMillis: settings.metricIntervalMs,
          exportTimeoutMillis: Math.min(settings.metricIntervalMs, 10_000),
        }),
      ]

const resourceOf = ({ service, settings }: TelemetryOptions): Resource =>
  defaultResource().merge(
    resourceFromAttributes({
      'service.name': settings.serviceName ?? service.name,
      'service.version': service.version,
      'service.namespace': 'interchange',
      'service.instance.id': randomUUID(),
      ...keyValueList(settings.resourceAttributes ?? ''),
    }),
  )
