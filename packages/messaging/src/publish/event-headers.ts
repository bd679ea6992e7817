import { HeaderBlock } from '../record/header-block.ts'
import type { HeaderEntry } from '../record/header-entry.ts'
import { ceHeaders, traceHeaders } from '../record/header-names.ts'
import { createHeaderTemplate, type HeaderTemplate } from '../record/write-headers.ts'
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
  const { root, caused } = templatesOf(topic, source)
  const { messageId, timeMs, key, correlationId, causationId } = facts
  const time = isoTime(timeMs)
  return new HeaderBlock(
    causationId === undefined
      ? root([messageId, time, key, correlationId], trace)
      : caused([messageId, time, key, correlationId, causationId], trace),
  )
}

/** The headers of a topic's events: without a cause and with one. */
interface Templates {
  readonly source: string
  readonly root: HeaderTemplate
  readonly caused: HeaderTemplate
}

const templates = new WeakMap<AnyTopic, Templates>()

const templatesOf = (topic: AnyTopic, source: string): Templates => {
  let found = templates.get(topic)
  if (found?.source !== source) {
    const before = [
      { name: ceHeaders.id },
      { name: ceHeaders.source, value: source },
      { name: ceHeaders.type, value: topic.eventType },
      { name: ceHeaders.time },
      { name: ceHeaders.specVersion, value: '1.0' },
      { name: ceHeaders.subject },
      { name: ceHeaders.correlationId },
    ]
    const contentType = { name: ceHeaders.contentType, value: 'application/avro' }
    found = {
      source,
      root: createHeaderTemplate([...before, contentType]),
      caused: createHeaderTemplate([...before, { name: ceHeaders.causationId }, contentType]),
    }
    templates.set(topic, found)
  }
  return found
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
