import { type Context, context, propagation, ROOT_CONTEXT } from '@opentelemetry/api'
import { correlationBaggageKey } from './telemetry-names.ts'

/** Runs `work` so that log lines, spans and events within it carry the correlation id. */
export const withCorrelation = <Result>(correlationId: string, work: () => Result): Result =>
  context.with(correlated(context.active(), correlationId), work)

/** Runs `work` outside the request or message that starts it: for jobs, whose events are conversations of their own. */
export const detached = <Result>(work: () => Result): Result => context.with(ROOT_CONTEXT, work)

/** The correlation id of whatever is going on; undefined outside a request or message. */
export const activeCorrelationId = (): string | undefined => correlationOf(context.active())

export const correlationOf = (within: Context): string | undefined =>
  propagation.getBaggage(within)?.getEntry(correlationBaggageKey)?.value

export const correlated = (within: Context, correlationId: string | undefined): Context => {
  if (correlationId === undefined) return within
  const baggage = propagation.getBaggage(within) ?? propagation.createBaggage()
  return propagation.setBaggage(within, baggage.setEntry(correlationBaggageKey, { value: correlationId }))
}
