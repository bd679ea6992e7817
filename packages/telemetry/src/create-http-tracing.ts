import {
  type Attributes,
  type Context,
  context,
  type Meter,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { correlated } from './correlation.ts'
import { attributes, durationBuckets, metricNames, spanNames } from './telemetry-names.ts'

/** Request headers as Node gives them. */
export type IncomingHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

export interface HttpRequestFacts {
  readonly method: string
  /** The pattern, for example `/events/:id`; undefined when no route matched. */
  readonly route: string | undefined
  readonly path: string
  readonly scheme: string
  readonly correlationId: string
  readonly headers: IncomingHeaders
}

/** One HTTP request being served. */
export interface HttpServerSpan {
  /** Runs `work` so that what it logs, calls and publishes belongs to the request. */
  run<Result>(work: () => Result): Result
  end(status: number): void
}

/** Server spans and their duration metric, for whatever HTTP framework calls it. */
export interface HttpTracing {
  start(request: HttpRequestFacts): HttpServerSpan
}

export const createHttpTracing = (tracer: Tracer, meter: Meter): HttpTracing => {
  const duration = meter.createHistogram(metricNames.httpServerDuration, {
    unit: 's',
    advice: { explicitBucketBoundaries: durationBuckets },
  })
  return {
    start(request) {
      const startedMs = performance.now()
      const labels: Attributes = {
        [attributes.httpMethod]: request.method,
        [attributes.urlScheme]: request.scheme,
        ...(request.route !== undefined && { [attributes.httpRoute]: request.route }),
      }
      const outer = correlated(propagation.extract(ROOT_CONTEXT, request.headers, getter), request.correlationId)
      const span = tracer.startSpan(
        spanNames.httpServer(request.method, request.route),
        {
          kind: SpanKind.SERVER,
          attributes: {
            ...labels,
            [attributes.urlPath]: request.path,
            [attributes.correlationId]: request.correlationId,
          },
        },
        outer,
      )
      const within: Context = trace.setSpan(outer, span)
      return {
        run: (work) => context.with(within, work),
        end(status) {
          span.setAttribute(attributes.httpStatus, status)
          if (status >= 500) {
            span.setAttribute(attributes.errorType, String(status))
            span.setStatus({ code: SpanStatusCode.ERROR })
          }
          span.end()
          duration.record((performance.now() - startedMs) / 1_000, { ...labels, [attributes.httpStatus]: status })
        },
      }
    },
  }
}

const getter: TextMapGetter<IncomingHeaders> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) => {
    const value = headers[name]
    return typeof value === 'string' || value === undefined ? value : [...value]
  },
}
