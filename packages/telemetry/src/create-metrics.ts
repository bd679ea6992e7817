import type { Metrics } from '@interchange/messaging'
import type { Attributes, Meter } from '@opentelemetry/api'
import { attributes, durationBuckets, metricNames } from './telemetry-names.ts'

/** The kernel's `Metrics` on OpenTelemetry. Attribute sets are made once per topic, group and word. */
export const createMetrics = (meter: Meter): Metrics => {
  const messages = { unit: '{message}' }
  const sent = meter.createCounter(metricNames.sentMessages, messages)
  const consumed = meter.createCounter(metricNames.consumedMessages, messages)
  const settled = meter.createCounter(metricNames.settledMessages, messages)
  const failed = meter.createCounter(metricNames.failedMessages, messages)
  const deadLetters = meter.createCounter(metricNames.deadLetters, messages)
  const waiting = meter.createGauge(metricNames.waitingMessages, messages)
  const lag = meter.createGauge(metricNames.groupLag, messages)
  const headOfLine = meter.createGauge(metricNames.headOfLineAge, { unit: 's' })
  const openTransaction = meter.createGauge(metricNames.openTransactionAge, { unit: 's' })
  const seconds = { unit: 's', advice: { explicitBucketBoundaries: durationBuckets } }
  const sendDuration = meter.createHistogram(metricNames.operationDuration, seconds)
  const processDuration = meter.createHistogram(metricNames.processDuration, seconds)

  const sends = remembered(topicAttributes('send'), attributes.errorType)
  const receives = remembered(topicAttributes('poll'), attributes.messagingGroup)
  const processes = remembered(topicAttributes('process'), attributes.messagingGroup)
  const outcomes = remembered(topicAttributes('process'), attributes.messagingGroup, attributes.outcome)
  const failures = remembered(
    topicAttributes('process'),
    attributes.messagingGroup,
    attributes.failureClass,
    attributes.errorType,
  )
  const partitions = remembered(topicAttributes('poll'), attributes.messagingGroup, attributes.messagingPartition)

  return {
    sent(topic, count, durationMs) {
      const labels = sends(topic)
      sent.add(count, labels)
      sendDuration.record(durationMs / 1_000, labels)
    },
    sendFailed: (topic, code) => sent.add(1, sends(topic, code)),
    received: (topic, group, count) => consumed.add(count, receives(topic, group)),
    settled(topic, group, outcome, count) {
      settled.add(count, outcomes(topic, group, outcome))
      if (outcome === 'dead-lettered') deadLetters.add(count, processes(topic, group))
    },
    handled: (topic, group, _count, durationMs) => processDuration.record(durationMs / 1_000, processes(topic, group)),
    failed: (topic, group, failureClass, code) => failed.add(1, failures(topic, group, failureClass, code)),
    waiting: (topic, group, count) => waiting.record(count, processes(topic, group)),
    lag: (topic, group, partition, records) => lag.record(records, partitions(topic, group, partition)),
    headOfLine: (topic, group, partition, ageMs) =>
      headOfLine.record(ageMs / 1_000, partitions(topic, group, partition)),
    openTransaction: (topic, group, partition, ageMs) =>
      openTransaction.record(ageMs / 1_000, partitions(topic, group, partition)),
  }
}

const topicAttributes =
  (operation: string) =>
  (topic: string): Attributes => ({
    [attributes.messagingSystem]: 'kafka',
    [attributes.messagingOperationName]: operation,
    [attributes.messagingDestination]: topic,
  })

interface Branch {
  readonly attributes: Attributes
  readonly next: Map<string | number, Branch>
}

/** Attribute sets by topic and then by the values of `names`; missing values are left out. A tree, so that a hit allocates nothing. */
const remembered = (first: (topic: string) => Attributes, ...names: readonly string[]) => {
  const topics = new Map<string, Branch>()
  return (topic: string, one?: string | number, two?: string | number, three?: string | number): Attributes => {
    let branch = topics.get(topic)
    if (branch === undefined) {
      branch = { attributes: first(topic), next: new Map() }
      topics.set(topic, branch)
    }
    if (one !== undefined) branch = step(branch, names[0], one)
    if (two !== undefined) branch = step(branch, names[1], two)
    if (three !== undefined) branch = step(branch, names[2], three)
    return branch.attributes
  }
}

const step = (branch: Branch, name: string | undefined, value: string | number): Branch => {
  const known = branch.next.get(value)
  if (known !== undefined) return known
  const made: Branch = {
    attributes: name === undefined ? branch.attributes : { ...branch.attributes, [name]: String(value) },
    next: new Map(),
  }
  branch.next.set(value, made)
  return made
}
