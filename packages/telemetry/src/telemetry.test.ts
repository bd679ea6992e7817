import { HeaderBlock, type HeaderEntry, InterchangeError } from '@interchange/messaging'
import { trace } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { beforeEach, expect, test } from 'vitest'
import { createTracing } from './create-tracing.ts'
import { activeCorrelationId, createLogger, withCorrelation } from './index.ts'
import { record, spanId, startInMemory, traceId, traceparent } from './telemetry.fixture.ts'

const { telemetry, spans } = startInMemory()
const { tracing } = telemetry
const linking = createTracing({ tracer: trace.getTracer('link'), relation: 'link' })

beforeEach(() => spans.reset())

const only = (): ReadableSpan => {
  const [span, ...others] = spans.getFinishedSpans()
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
  const [sent, processed] = spans.getFinishedSpans()
  expect(sent?.parentSpanContext?.spanId).toBe(processed?.spanContext().spanId)
  expect(headerOf(headers, 'traceparent')).toBe(`00-${traceId}-${sent?.spanContext().spanId}-01`)
  expect(headerOf(headers, 'baggage')).toBe('interchange.correlation_id=c-1')
})

test('with relation link, and for a replay, a new trace is linked to the old one', () => {
  linking.startProcess(record(), HeaderBlock.of([traceparent('01')]))?.end({ ok: true })
  expect(only().spanContext().traceId).not.toBe(traceId)
  expect(only().links.map(({ context }) => context.spanId)).toEqual([spanId])
  spans.reset()
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
  spans.reset()
  tracing.startProcess(record(), HeaderBlock.of([traceparent('01'), traceparent('01')]))?.end({ ok: true })
  expect(only().spanContext().traceId).toBe(traceId)
})

test('a message without, or with a broken, trace context starts a trace of its own', () => {
  for (const value of ['', 'x', `00-${'0'.repeat(32)}-${spanId}-01`, `zz-${traceId}-${spanId}-01`]) {
    spans.reset()
    tracing.startProcess(record(), HeaderBlock.of([{ name: 'traceparent', value }]))?.end({ ok: true })
    expect(only().parentSpanContext).toBeUndefined()
  }
  spans.reset()
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
  const [send, server] = spans.getFinishedSpans()
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
  expect(spans.getFinishedSpans()).toEqual([])
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
