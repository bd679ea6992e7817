import type { Meter } from '@opentelemetry/api'
import { attributes, metricNames } from './telemetry-names.ts'

/** What a group's outbox holds. */
export interface OutboxFacts {
  /** Age of the oldest event that is not sent, in milliseconds; 0 when all are. */
  readonly oldestAgeMs: number
  /** Events that Kafka refuses for good. */
  readonly quarantined: number
}

/** Looks at a group's outbox each time metrics are collected. What `look` rejects with is told to OpenTelemetry's diagnostics. */
export type ObserveOutbox = (group: string, look: () => Promise<OutboxFacts>) => void

/** The instruments of all outboxes of this process. */
export const createOutboxMetrics = (meter: Meter): ObserveOutbox => {
  const age = meter.createObservableGauge(metricNames.outboxAge, { unit: 's' })
  const quarantined = meter.createObservableGauge(metricNames.outboxQuarantined, { unit: '{message}' })
  return (group, look) => {
    const labels = { [attributes.messagingGroup]: group }
    meter.addBatchObservableCallback(
      async (observed) => {
        const facts = await look()
        observed.observe(age, facts.oldestAgeMs / 1_000, labels)
        observed.observe(quarantined, facts.quarantined, labels)
      },
      [age, quarantined],
    )
  }
}
