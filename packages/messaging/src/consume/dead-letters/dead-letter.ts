import type { Failure } from '../../failure/classify.ts'
import { HeaderBlock } from '../../record/header-block.ts'
import type { HeaderEntry } from '../../record/header-entry.ts'
import { deadLetterHeaders } from '../../record/header-names.ts'
import { letterFacts } from '../../record/letter-facts.ts'
import { deadLetterTopicName } from '../../topic.ts'
import type { OutboundRecord } from '../../transport.ts'
import { isOurs, type Message } from '../message.ts'

/** What a letter says about a failure, beside what the message itself says. */
export interface LetterFacts {
  readonly failure: Failure
  readonly fingerprint: string
  readonly attempts: number
  readonly firstFailedAtMs: number
  readonly lastFailedAtMs: number
  readonly schemaId: number | undefined
  readonly service: { readonly name: string; readonly version: string }
}

/** Bounds of the facts in bytes; all together stay far below the 64 KiB that a dead-letter topic allows on top. */
export const letterLimits = { messageBytesMax: 1_024, stackBytesMax: 4_096, factBytesMax: 512 } as const

/**
 * The dead letter of a message: key, value and header block byte-identical, facts appended, same partition number, in
 * the dead-letter topic of the original topic, also when it failed on the replay lane. `brief` leaves the texts out and is
 * compressed: so the original may have come, smaller than it is now.
 */
export const deadLetterOf = (message: Message, facts: LetterFacts, brief = false): OutboundRecord => {
  const { record, owner } = message
  const { block, count, broken } = originalBlock(message)
  const original = originalPlace(message)
  const names = deadLetterHeaders
  const entries: HeaderEntry[] = [
    { name: names.originalHeaderCount, value: String(count) },
    { name: names.reason, value: facts.failure.failureClass },
    { name: names.code, value: facts.failure.code },
    { name: names.errorType, value: cut(facts.failure.type, letterLimits.factBytesMax) },
    { name: names.fingerprint, value: facts.fingerprint },
    { name: names.group, value: owner.route.group },
    { name: names.topic, value: owner.route.topic.name },
    { name: names.partition, value: String(record.partition) },
    { name: names.offset, value: original.offset },
    { name: names.timestamp, value: original.timestamp },
    { name: names.attempts, value: String(facts.attempts) },
    { name: names.firstFailedAt, value: original.firstFailedAt ?? isoTime(facts.firstFailedAtMs) },
    { name: names.lastFailedAt, value: isoTime(facts.lastFailedAtMs) },
    { name: names.service, value: cut(facts.service.name, letterLimits.factBytesMax) },
    { name: names.serviceVersion, value: cut(facts.service.version, letterLimits.factBytesMax) },
    { name: names.messageId, value: message.safeMessageId },
    { name: names.replays, value: String(original.replays) },
    { name: names.order, value: owner.route.orderAfterLetter },
  ]
  if (facts.schemaId !== undefined) entries.push({ name: names.schemaId, value: String(facts.schemaId) })
  if (original.replayId !== undefined) entries.push({ name: names.replayId, value: original.replayId })
  if (broken !== undefined) entries.push({ name: names.originalHeaders, value: broken })
  if (!brief) {
    entries.push({ name: names.errorMessage, value: cut(facts.failure.message, letterLimits.messageBytesMax) })
    entries.push({ name: names.errorStack, value: cut(facts.failure.stack, letterLimits.stackBytesMax) })
  }
  return {
    topic: deadLetterTopicName(owner.route.topic.name, owner.route.group),
    partition: record.partition,
    key: record.key,
    value: record.value,
    headers: block.append(entries),
    ...(brief && { compressed: true }),
  }
}

/** The headers as the message's first sender wrote them: on topics of our own, without what we added there. */
export const originalBlock = (message: Message): { block: HeaderBlock; count: number; broken: Buffer | undefined } => {
  const { headers } = message.record
  try {
    const { count } = headers
    // Walks all of it: what is appended to a block that cannot be walked could never be found again.
    const whole = headers.take(count)
    if (whole.size !== headers.size) return { block: HeaderBlock.empty, count: 0, broken: headers.bytes }
    const original = Number(laneText(message, deadLetterHeaders.originalHeaderCount))
    if (!Number.isSafeInteger(original) || original < 0 || original > count)
      return { block: headers, count, broken: undefined }
    return { block: headers.take(original), count: original, broken: undefined }
  } catch {
    return { block: HeaderBlock.empty, count: 0, broken: headers.bytes }
  }
}

interface OriginalPlace {
  readonly offset: string
  readonly timestamp: string
  readonly firstFailedAt: string | undefined
  readonly replays: number
  readonly replayId: string | undefined
}

/** Where the message stood in its own topic, and how often it has been replayed, this time included. */
export const originalPlace = (message: Message): OriginalPlace => {
  const { record, owner } = message
  const here = { offset: String(record.offset), timestamp: String(record.timestampMs) }
  if (!isOurs(owner)) return { ...here, firstFailedAt: undefined, replays: 0, replayId: undefined }
  const before = Number(laneText(message, deadLetterHeaders.replays) ?? 0)
  return {
    offset: laneText(message, deadLetterHeaders.offset) ?? here.offset,
    timestamp: laneText(message, deadLetterHeaders.timestamp) ?? here.timestamp,
    firstFailedAt: laneText(message, deadLetterHeaders.firstFailedAt),
    replays: (Number.isSafeInteger(before) && before >= 0 ? before : 0) + (owner.replayLane ? 1 : 0),
    replayId: laneText(message, deadLetterHeaders.replayId),
  }
}

/** A fact that a replay put on the lane, or we on a retry topic; nothing elsewhere is believed. */
const laneText = (message: Message, name: string): string | undefined => {
  if (!isOurs(message.owner)) return undefined
  const text = letterFacts(message.record.headers).get(name)
  return text === undefined ? undefined : cut(text, letterLimits.factBytesMax)
}

/** At most `bytesMax` bytes of UTF-8, never half a character. */
const cut = (text: string, bytesMax: number): string => {
  const bytes = Buffer.from(text.slice(0, bytesMax), 'utf8')
  if (bytes.length <= bytesMax) return bytes.toString('utf8')
  let end = bytesMax
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

const isoTime = (timeMs: number): string => new Date(timeMs).toISOString()
