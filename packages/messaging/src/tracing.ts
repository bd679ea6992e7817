import type { HeaderBlock } from './record/header-block.ts'
import type { HeaderEntry } from './record/header-entry.ts'

/** What the kernel tells tracing; `@interchange/telemetry` implements it with OpenTelemetry. Unsampled work costs nothing. */
export interface Tracing {
  /**
   * Begins the span of handling one record. `inbound` holds the sender's context: parent of the span, or a link for a
   * replay (a new trace linked to the old). Undefined when unsampled, unless `failing`: the span of a message that
   * failed is always exported. `record` may be read during the call only.
   */
  startProcess(record: ProcessFacts, inbound: HeaderBlock, failing?: boolean): Span | undefined
  /** Begins the span of sending one record, below `parent` or the active context. Undefined when unsampled. */
  startSend(record: SendFacts, parent: Span | undefined): Span | undefined
}

export interface ProcessFacts {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly group: string
  readonly messageId: string
  readonly correlationId: string | undefined
  readonly attempt: number
  readonly replayId: string | undefined
}

export interface SendFacts {
  readonly topic: string
  readonly partition: number
  readonly messageId: string
  readonly correlationId: string | undefined
}

export interface Span {
  /** `traceparent`, `tracestate`, `baggage` to put on what is sent within this span. */
  headers(): readonly HeaderEntry[]
  /** Runs `work` with this span active, so that what it calls hangs below it. */
  run<Result>(work: () => Result): Result
  end(outcome: SpanOutcome): void
}

export type SpanOutcome = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly error: unknown }

/** Traces nothing. */
export const noTracing: Tracing = { startProcess: () => undefined, startSend: () => undefined }
