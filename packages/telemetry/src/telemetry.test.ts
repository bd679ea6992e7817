import {
  HeaderBlock,
  type HeaderEntry,
  InterchangeError,
  type ProcessFacts,
  silentLogger,
} from '@interchange/messaging'
import { trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { beforeEach, expect, test } from 'vitest'
import { createTracing } from './create-tracing.ts'
import { diagnostics } from './diagnostics.ts'
import { activeCorrelationId, createLogger, startTelemetry, type TelemetrySettings, withCorrelation } from './index.ts'

const exporter = new InMemorySpanExporter()
const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 3_600_000 })
const settings: TelemetrySettings = {
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
const service = { name: 'transformer', version: '1.2.3' }
const telemetry = startTelemetry({
  service,
  settings,
  logger: silentLogger,
  spanProcessors: [new SimpleSpanProcessor({ exporter })],
  metricReaders: [reader],
})
const { tracing } = telemetry
const linking = createTracing({ tracer: trace.getTracer('link'), relation: 'link' })

beforeEach(() => exporter.reset())

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'
const traceparent = (flags: string): HeaderEntry => ({ name: 'traceparent', value: `00-${traceId}-${spanId}-${flags}` })
const record = (changes: Partial<ProcessFacts> = {}): ProcessFacts => ({
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
const only = (): ReadableSpan => {
  const [span, ...others] = exporter.getFinishedSpans()
  if (span === undefined || others.length > 0) throw new Error(`${others.length + 1} spans`)
  return span
}
const headerOf = (headers: readonly HeaderEntry[], name: string): string | undefined => {
  const value = headers.find((header) => header.name === name)?.value
  return value === undefined || value === null ? undefined : value.toString()
}

test("handling a message continues the sender's trace, named and attributed by the conventions", () => {
  tracing.startProcess(record(), HeaderBlock.of([traceparent('01')]))?.end({ ok: true })
  const span = only()
  expect(span.name).toBe('process sales.order-placed.v1')
  expect(span.spanContext().traceId).toBe(traceId)
  expect(span.parentSpanContext?.spanId).toBe(spanId)
  expect({ ...span.attributes }).toEqual({
    'messaging.system': 'kafka',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'sales.order-placed.v1',
    'messaging.destination.partition.id': '3',
    'messaging.consumer.group.name': 'ledger',
    'messaging.message.id': 'm-1',
    'messaging.message.conversation_id': 'c-1',
    'messaging.kafka.offset': 42,
    'interchange.attempt': 1,
    'interchange.correlation_id': 'c-1',
  })
  expect(span.resource.attributes).toMatchObject({
    'service.name': 'transformer',
    'service.version': '1.2.3',
    'deployment.environment.name': 'test',
    team: 'a b',
  })
})

test('what is sent while handling hangs below, and its headers carry the trace and the correlation id', () => {
  const process = tracing.startProcess(record(), HeaderBlock.of([traceparent('01')]))
  const send = tracing.startSend({ topic: 'out.v1', partition: 0, messageId: 'm-2', correlationId: 'c-1' }, process)
  const headers = send?.headers() ?? []
  send?.end({ ok: true })
  process?.end({ ok: true })
  const [sent, processed] = exporter.getFinishedSpans()
  expect(sent?.parentSpanContext?.spanId).toBe(processed?.spanContext().spanId)
  expect(headerOf(headers, 'traceparent')).toBe(`00-${traceId}-${sent?.spanContext().spanId}-01`)
  expect(headerOf(headers, 'baggage')).toBe('interchange.correlation_id=c-1')
})

test('with relation link, and for a replay, a new trace is linked to the old one', () => {
  linking.startProcess(record(), HeaderBlock.of([traceparent('01')]))?.end({ ok: true })
  expect(only().spanContext().traceId).not.toBe(traceId)
  expect(only().links.map(({ context }) => context.spanId)).toEqual([spanId])
  exporter.reset()
  tracing.startProcess(record({ replayId: 'r-1' }), HeaderBlock.of([traceparent('01')]))?.end({ ok: true })
  expect(only().spanContext().traceId).not.toBe(traceId)
  expect(only().links.map(({ context }) => context.traceId)).toEqual([traceId])
  expect(only().attributes['interchange.replay_id']).toBe('r-1')
})

test('an unsampled message has no span, unless it fails: then the span is exported in its trace', () => {
  const inbound = HeaderBlock.of([traceparent('00')])
  expect(tracing.startProcess(record(), inbound)).toBeUndefined()
  const error = new InterchangeError('ICX_HANDLER_REJECTED', 'no such account', { class: 'poison' })
  tracing.startProcess(record(), inbound, true)?.end({ ok: false, code: error.code, error })
  const span = only()
  expect(span.spanContext().traceId).toBe(traceId)
  expect(span.status).toEqual({ code: 2, message: 'no such account' })
  expect(span.attributes).toMatchObject({ 'error.type': 'ICX_HANDLER_REJECTED', 'interchange.failure_class': 'poison' })
  expect(span.events[0]?.name).toBe('exception')
})

test('two different traceparent headers are both ignored, two equal ones are one', () => {
  const other = { name: 'traceparent', value: `00-${'a'.repeat(32)}-${spanId}-01` }
  tracing.startProcess(record(), HeaderBlock.of([traceparent('01'), other]))?.end({ ok: true })
  expect(only().parentSpanContext).toBeUndefined()
  exporter.reset()
  tracing.startProcess(record(), HeaderBlock.of([traceparent('01'), traceparent('01')]))?.end({ ok: true })
  expect(only().spanContext().traceId).toBe(traceId)
})

test('a message without, or with a broken, trace context starts a trace of its own', () => {
  for (const value of ['', 'x', `00-${'0'.repeat(32)}-${spanId}-01`, `zz-${traceId}-${spanId}-01`]) {
    exporter.reset()
    tracing.startProcess(record(), HeaderBlock.of([{ name: 'traceparent', value }]))?.end({ ok: true })
    expect(only().parentSpanContext).toBeUndefined()
  }
  exporter.reset()
  tracing.startProcess(record(), HeaderBlock.empty)?.end({ ok: true })
  expect(only().parentSpanContext).toBeUndefined()
  expect(tracing.startProcess(record(), new HeaderBlock(Buffer.from([9, 9, 9])))).toBeDefined()
})

test('an HTTP request is a server span under its route, and what it publishes hangs below', () => {
  const request = telemetry.http.start({
    method: 'POST',
    route: '/webhooks/shop/:topic',
    path: '/webhooks/shop/orders',
    scheme: 'http',
    correlationId: 'c-9',
    headers: { traceparent: `00-${traceId}-${spanId}-01` },
  })
  request.run(() => {
    expect(activeCorrelationId()).toBe('c-9')
    tracing
      .startSend({ topic: 'out.v1', partition: 0, messageId: 'm', correlationId: 'c-9' }, undefined)
      ?.end({ ok: true })
  })
  request.end(202)
  const [send, server] = exporter.getFinishedSpans()
  expect(server?.name).toBe('POST /webhooks/shop/:topic')
  expect(server?.parentSpanContext?.spanId).toBe(spanId)
  expect(server?.attributes).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/webhooks/shop/:topic',
    'http.response.status_code': 202,
    'url.path': '/webhooks/shop/orders',
    'interchange.correlation_id': 'c-9',
  })
  expect(send?.parentSpanContext?.spanId).toBe(server?.spanContext().spanId)
})

test('a request whose sender does not sample passes that decision on to what it publishes', () => {
  const headers = { traceparent: `00-${traceId}-${spanId}-00` }
  const request = telemetry.http.start({
    method: 'POST',
    route: '/x',
    path: '/x',
    scheme: 'http',
    correlationId: 'c',
    headers,
  })
  const send = request.run(() =>
    tracing.startSend({ topic: 'out.v1', partition: 0, messageId: 'm', correlationId: 'c' }, undefined),
  )
  send?.end({ ok: true })
  request.end(200)
  expect(exporter.getFinishedSpans()).toEqual([])
  expect(headerOf(send?.headers() ?? [], 'traceparent')).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`))
})

test('log lines are JSON and carry trace, span and correlation id of what is going on', () => {
  const lines: string[] = []
  const logger = createLogger({
    name: 'ledger',
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  })
  const span = tracing.startProcess(record({ correlationId: 'c-7' }), HeaderBlock.of([traceparent('01')]))
  span?.run(() => logger.info({ count: 1, password: 'hunter2' }, 'posted'))
  span?.end({ ok: true })
  withCorrelation('c-8', () => logger.error({ error: new TypeError('x', { cause: new Error('y') }) }, 'broken'))
  logger.debug({}, 'not said')
  logger.info({}, 'outside')
  const [inside, failed, outside, ...rest] = lines.map((line) => JSON.parse(line))
  expect(rest).toEqual([])
  expect(inside).toMatchObject({
    level: 'info',
    service: 'ledger',
    message: 'posted',
    count: 1,
    password: '[redacted]',
    trace_id: traceId,
    span_id: only().spanContext().spanId,
    correlation_id: 'c-7',
  })
  expect(failed).toMatchObject({
    level: 'error',
    correlation_id: 'c-8',
    error: { type: 'TypeError', cause: { message: 'y' } },
  })
  expect(outside).not.toHaveProperty('correlation_id')
  expect(outside).not.toHaveProperty('trace_id')
})

test('what the kernel counts becomes instruments with topic, group and outcome', async () => {
  const { metrics } = telemetry
  metrics.sent('t', 5, 12)
  metrics.sendFailed('t', 'ICX_PUBLISH_DEADLINE')
  metrics.received('t', 'g', 7)
  metrics.handled('t', 'g', 7, 30)
  metrics.settled('t', 'g', 'done', 6)
  metrics.settled('t', 'g', 'dead-lettered', 1)
  metrics.failed('t', 'g', 'poison', 'ICX_HANDLER_REJECTED')
  metrics.waiting('t', 'g', 2)
  metrics.lag('t', 'g', 0, 11)
  metrics.lag('t', 'g', 1, 13)
  metrics.headOfLine('t', 'g', 1, 61_000)
  metrics.openTransaction('t', 'g', 0, 21_000)
  telemetry.observeOutbox('g', async () => ({ oldestAgeMs: 2_500, quarantined: 3 }))
  await reader.forceFlush()
  const found = Object.fromEntries(
    (metricExporter.getMetrics().at(-1)?.scopeMetrics ?? []).flatMap(({ metrics }) =>
      metrics.map((metric) => [
        metric.descriptor.name,
        metric.dataPoints.map((point) => ({ value: point.value, ...point.attributes })),
      ]),
    ),
  )
  const about = { 'messaging.system': 'kafka', 'messaging.destination.name': 't' }
  const process = { ...about, 'messaging.operation.name': 'process', 'messaging.consumer.group.name': 'g' }
  const poll = { ...about, 'messaging.operation.name': 'poll', 'messaging.consumer.group.name': 'g' }
  const send = { ...about, 'messaging.operation.name': 'send' }
  expect(found['messaging.client.sent.messages']).toEqual([
    { value: 5, ...send },
    { value: 1, ...send, 'error.type': 'ICX_PUBLISH_DEADLINE' },
  ])
  expect(found['messaging.client.consumed.messages']).toEqual([{ value: 7, ...poll }])
  expect(found['interchange.settled.messages']).toEqual([
    { value: 6, ...process, 'interchange.outcome': 'done' },
    { value: 1, ...process, 'interchange.outcome': 'dead-lettered' },
  ])
  expect(found['interchange.dlq.messages']).toEqual([{ value: 1, ...process }])
  expect(found['interchange.failed.messages']).toEqual([
    { value: 1, ...process, 'interchange.failure_class': 'poison', 'error.type': 'ICX_HANDLER_REJECTED' },
  ])
  expect(found['interchange.waiting.messages']).toEqual([{ value: 2, ...process }])
  expect(found['kafka.consumer_group.lag']).toEqual([
    { value: 11, ...poll, 'messaging.destination.partition.id': '0' },
    { value: 13, ...poll, 'messaging.destination.partition.id': '1' },
  ])
  expect(found['interchange.head_of_line.age']).toEqual([
    { value: 61, ...poll, 'messaging.destination.partition.id': '1' },
  ])
  expect(found['interchange.open_transaction.age']).toEqual([
    { value: 21, ...poll, 'messaging.destination.partition.id': '0' },
  ])
  expect(found['interchange.outbox.age']).toEqual([{ value: 2.5, 'messaging.consumer.group.name': 'g' }])
  expect(found['interchange.outbox.quarantined']).toEqual([{ value: 3, 'messaging.consumer.group.name': 'g' }])
  expect(found['messaging.process.duration']).toMatchObject([{ value: { count: 1, sum: 0.03 } }])
})

test('without an endpoint, or disabled, nothing is exported and shutdown ends at once', async () => {
  const off = startTelemetry({ service, settings, logger: silentLogger })
  expect(off.enabled).toBe(false)
  expect(off.tracing.startProcess(record(), HeaderBlock.of([traceparent('01')]))).toBeUndefined()
  const disabled = { ...settings, disabled: true, endpoint: 'http://127.0.0.1:4318' }
  expect(startTelemetry({ service, settings: disabled, logger: silentLogger }).enabled).toBe(false)
  await off.shutdown(1_000)
})

test('a collector that does not answer cannot hold a shutdown longer than its deadline', async () => {
  const server = await import('node:net').then((net) => net.createServer(() => undefined))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (_: unknown, message: string) => void warnings.push(message) }
  const stuck = startTelemetry({
    service,
    settings: { ...settings, endpoint: `http://127.0.0.1:${address.port}` },
    logger,
  })
  stuck.tracing.startProcess(record(), HeaderBlock.of([traceparent('01')]))?.end({ ok: true })
  const startedMs = performance.now()
  await stuck.shutdown(200)
  expect(performance.now() - startedMs).toBeLessThan(1_000)
  expect(warnings).toContain('telemetry was not exported in time')
  server.close()
})

test('what the SDK complains about is said once, in one line', () => {
  const said: string[] = []
  const logger = { ...silentLogger, warn: (_: unknown, message: string) => void said.push(message) }
  const { error, warn, info } = diagnostics(logger)
  const complaint = JSON.stringify({ stack: 'Error: export failed (Not Found)\n    at x', message: 'export failed' })
  error(complaint)
  error(complaint)
  warn('queue is full')
  info('not said')
  expect(said).toEqual(['Error: export failed (Not Found)', 'queue is full'])
})
