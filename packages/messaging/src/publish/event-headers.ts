import { HeaderBlock, type HeaderEntry } from '../record/header-block.ts'
import { ceHeaders, traceHeaders } from '../record/header-names.ts'
import type { AnyTopic } from '../topic.ts'

/** What makes one event's headers differ from the next one's of the same topic. */
export interface EventFacts {
  readonly messageId: string
  readonly key: string
  readonly timeMs: number
  readonly correlationId: string
  readonly causationId: string | undefined
}

/** The headers of an event: CloudEvents 1.0.2, Kafka binding, binary mode, then the trace context. */
export const eventHeaders = (
  topic: AnyTopic,
  source: string,
  facts: EventFacts,
  trace: readonly HeaderEntry[],
): HeaderBlock => {
  const entries: HeaderEntry[] = [
    { name: ceHeaders.id, value: facts.messageId },
    { name: ceHeaders.source, value: source },
    { name: ceHeaders.type, value: topic.eventType },
    { name: ceHeaders.time, value: isoTime(facts.timeMs) },
    { name: ceHeaders.specVersion, value: '1.0' },
    { name: ceHeaders.subject, value: facts.key },
    { name: ceHeaders.correlationId, value: facts.correlationId },
  ]
  if (facts.causationId !== undefined) entries.push({ name: ceHeaders.causationId, value: facts.causationId })
  entries.push({ name: ceHeaders.contentType, value: 'application/avro' })
  for (const entry of trace) entries.push(entry)
  return HeaderBlock.of(entries)
}

let lastTimeMs = Number.NaN
let lastIsoTime = ''

/** Events come many to a millisecond. */
const isoTime = (timeMs: number): string => {
  if (timeMs !== lastTimeMs) {
    lastIsoTime = new Date(timeMs).toISOString()
    lastTimeMs = timeMs
  }
  return lastIsoTime
}

const traceNames = Object.values(traceHeaders)

/** The trace context of a block, as it is. Empty for a block that cannot be read. */
export const traceEntries = (block: HeaderBlock): readonly HeaderEntry[] => {
  const entries: HeaderEntry[] = []
  for (const name of traceNames) {
    const value = block.get(name)
    if (value) entries.push({ name, value })
  }
  return entries
}
