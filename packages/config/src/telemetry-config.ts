import { configPart } from './config-part.ts'
import { optional, secret, withDefault } from './setting.ts'
import { flag, integer, oneOf, ratio, text, url } from './setting-types.ts'

/** OpenTelemetry by the names of its specification, and how our spans hang together. */
export const telemetryConfig = configPart('Telemetry', {
  disabled: withDefault('OTEL_SDK_DISABLED', flag(), 'false', 'Turns traces and metrics off.'),
  endpoint: optional(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    url('http:', 'https:'),
    'OTLP over HTTP, for example port 4318 of a collector or Jaeger; unset: nothing is exported.',
  ),
  headers: secret(optional('OTEL_EXPORTER_OTLP_HEADERS', text(), 'Headers for the exporter, key=value,key=value.')),
  serviceName: optional('OTEL_SERVICE_NAME', text(), "Name in traces and metrics; default: the service's name."),
  resourceAttributes: optional('OTEL_RESOURCE_ATTRIBUTES', text(), 'Attributes of everything exported, key=value,…'),
  tracesExporter: withDefault('OTEL_TRACES_EXPORTER', oneOf('otlp', 'none'), 'otlp', 'Where traces go.'),
  metricsExporter: withDefault('OTEL_METRICS_EXPORTER', oneOf('otlp', 'none'), 'otlp', 'Where metrics go.'),
  metricIntervalMs: withDefault(
    'OTEL_METRIC_EXPORT_INTERVAL',
    integer(100, 3_600_000),
    '60000',
    'Time between two exports of metrics.',
  ),
  sampler: withDefault(
    'OTEL_TRACES_SAMPLER',
    oneOf(
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ),
    'parentbased_always_on',
    'Which traces are recorded. A failing message is always recorded.',
  ),
  samplerRatio: withDefault('OTEL_TRACES_SAMPLER_ARG', ratio(), '1', 'Share of traces for the ratio samplers.'),
  relation: withDefault(
    'KAFKA_TRACE_RELATION',
    oneOf('parent', 'link'),
    'parent',
    "Whether handling a message continues the sender's trace or starts one linked to it.",
  ),
})
