import {
  type HeaderEntry,
  InterchangeError,
  type ProcessFacts,
  type SendFacts,
  type Span,
  type SpanOutcome,
  type Tracing,
} from '@interchange/messaging'
import {
  type Attributes,
  type Context,
  context,
  type Span as OtelSpan,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type TextMapSetter,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { correlated } from './correlation.ts'
import { forceSampling } from './forced-sampling.ts'
import { inboundContext, inboundSampling } from './inbound-context.ts'
import { attributes, spanNames } from './telemetry-names.ts'

export interface TracingOptions {
  readonly tracer: Tracer
  /** Whether handling a message continues the sender's trace or starts one linked to it. A replay always links. */
  readonly relation: 'parent' | 'link'
}

/** The kernel's `Tracing` on OpenTelemetry. Unsampled work costs one look at a byte. */
export const createTracing = ({ tracer, relation }: TracingOptions): Tracing => ({
  startProcess(record, inbound, failing = false) {
    const sampling = inboundSampling(inbound)
    if (sampling === 'unsampled' && !failing) return undefined
    const sender = sampling === 'absent' ? ROOT_CONTEXT : inboundContext(inbound)
    const within = correlated(sender, record.correlationId)
    const creation = trace.getSpanContext(within)
    const linked = creation !== undefined && (relation === 'link' || record.replayId !== undefined)
    const parent = linked ? trace.deleteSpan(within) : within
    const span = tracer.startSpan(
      spanNames.process(record.topic),
      {
        kind: SpanKind.CONSUMER,
        attributes: processAttributes(record),
        ...(linked && { links: [{ context: creation }] }),
      },
      failing ? forceSampling(parent) : parent,
    )
    return span.isRecording() ? new ActiveSpan(span, parent) : undefined
  },

  startSend(record, parent) {
    const within = correlated(parent instanceof ActiveSpan ? parent.within : context.active(), record.correlationId)
    const outer = trace.getSpanContext(within)
    // Somebody decided already that this trace is not recorded: pass that on, or every later service decides anew.
    if (outer !== undefined && (outer.traceFlags & TraceFlags.SAMPLED) === 0) return new PassedOnContext(within)
    const span = tracer.startSpan(
      spanNames.send(record.topic),
      { kind: SpanKind.PRODUCER, attributes: sendAttributes(record) },
      within,
    )
    return span.isRecording() ? new ActiveSpan(span, within) : new PassedOnContext(trace.setSpan(within, span))
  },
})

/** A span that is being recorded. One monomorphic class: a sampled message makes two of them. */
class ActiveSpan implements Span {
  readonly within: Context
  readonly #span: OtelSpan

  constructor(span: OtelSpan, outer: Context) {
    this.#span = span
    this.within = trace.setSpan(outer, span)
  }

  headers(): readonly HeaderEntry[] {
    return headersOf(this.within)
  }

  run<Result>(work: () => Result): Result {
    return context.with(this.within, work)
  }

  end(outcome: SpanOutcome): void {
    if (!outcome.ok) endFailed(this.#span, outcome.code, outcome.error)
    this.#span.end()
  }
}

/** A context that is not recorded here but still travels with what is sent. */
class PassedOnContext implements Span {
  readonly #within: Context

  constructor(within: Context) {
    this.#within = within
  }

  headers(): readonly HeaderEntry[] {
    return headersOf(this.#within)
  }

  run<Result>(work: () => Result): Result {
    return context.with(this.#within, work)
  }

  end(): void {
    // Nothing was begun.
  }
}

const headersOf = (within: Context): readonly HeaderEntry[] => {
  const entries: HeaderEntry[] = []
  propagation.inject(within, entries, setter)
  return entries
}

const setter: TextMapSetter<HeaderEntry[]> = {
  set(entries, name, value) {
    entries.push({ name, value })
  },
}

const endFailed = (span: OtelSpan, code: string, error: unknown): void => {
  span.setAttribute(attributes.errorType, code)
  if (error instanceof InterchangeError) span.setAttribute(attributes.failureClass, error.failureClass)
  if (error instanceof Error) span.recordException(error)
  span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) })
}

const processAttributes = (record: ProcessFacts): Attributes => {
  const found: Attributes = {
    [attributes.messagingSystem]: 'kafka',
    [attributes.messagingOperationName]: 'process',
    [attributes.messagingOperationType]: 'process',
    [attributes.messagingDestination]: record.topic,
    [attributes.messagingPartition]: String(record.partition),
    [attributes.messagingGroup]: record.group,
    [attributes.messagingMessageId]: record.messageId,
    [attributes.kafkaOffset]: record.offset,
    [attributes.attempt]: record.attempt,
  }
  if (record.replayId !== undefined) found[attributes.replayId] = record.replayId
  return withConversation(found, record.correlationId)
}

const sendAttributes = (record: SendFacts): Attributes =>
  withConversation(
    {
      [attributes.messagingSystem]: 'kafka',
      [attributes.messagingOperationName]: 'send',
      [attributes.messagingOperationType]: 'send',
      [attributes.messagingDestination]: record.topic,
      [attributes.messagingPartition]: String(record.partition),
      [attributes.messagingMessageId]: record.messageId,
    },
    record.correlationId,
  )

const withConversation = (found: Attributes, correlationId: string | undefined): Attributes => {
  if (correlationId !== undefined) {
    found[attributes.messagingConversationId] = correlationId
    found[attributes.correlationId] = correlationId
  }
  return found
}
