import { type ReplayAudit, replayAudit, timestampMillis } from '@interchange/contracts'
import {
  type Clock,
  derivedEventId,
  InterchangeError,
  newEventId,
  type OutboundRecord,
  type Publisher,
  type ReadRange,
  type Transport,
  type TransportProducer,
} from '@interchange/messaging'
import { archivalRecord, laneRecord } from './lane-record.ts'
import { type Letter, letterId } from './letter.ts'
import type { LetterBook } from './letter-book.ts'
import type { LetterAction, ReplayPlan } from './plan-replay.ts'

export interface ReplayRun {
  readonly plan: ReplayPlan
  readonly book: LetterBook
  readonly transport: Transport
  /** Takes the audit records. */
  readonly publisher: Publisher
  readonly actor: string
  readonly reason: string
  /** Default `replay`. */
  readonly action?: LetterAction
  /** The plan is what an earlier run of its id has left; the audit tells of it as `continue`. */
  readonly continues?: boolean
  /** Default: as fast as Kafka takes them. */
  readonly ratePerSecondMax?: number | undefined
  readonly clock: Clock
  readonly onProgress?: (progress: ReplayProgress) => void
  /** Stops between two sends. */
  readonly signal?: AbortSignal
}

export interface ReplayProgress {
  readonly planned: number
  readonly sent: number
  /** Sent by an earlier run of this plan. */
  readonly skipped: number
  /** No longer in the dead-letter topic. */
  readonly gone: number
}

/**
 * Sends a plan's letters back to the group that failed, or tells it that they are archived. The audit record is in Kafka before the first letter goes; when it
 * cannot be written, nothing is sent. Running a plan again sends only what has not been sent; what is sent twice after a
 * crash meets the group's inbox. Rejects with what Kafka said; the progress tells how far it came.
 */
export const runReplay = async (run: ReplayRun): Promise<ReplayProgress> => {
  const { plan, book, transport, clock, signal, action = 'replay' } = run
  const before = new Set(book.sentBy(plan.replayId).map(messageOf))
  const due = plan.letters.filter((letter) => !before.has(messageOf(placeOf(letter))))
  const progress = { planned: plan.letters.length, sent: 0, skipped: plan.letters.length - due.length, gone: 0 }
  if (due.length === 0) return progress
  await writeAudit(run)
  const producer = await transport.createProducer()
  try {
    const pace = createPace(clock, run.ratePerSecondMax)
    for await (const batch of letterRecords(run, due, pace.batchMax)) {
      if (signal?.aborted === true) break
      await pace.wait(batch.length, signal)
      await sendAll(
        producer,
        batch.map(({ record }) => record),
      )
      for (const { letter } of action === 'replay' ? batch : []) {
        book.addSent({ ...placeOf(letter), replayId: plan.replayId, sentAtMs: clock.now() })
      }
      progress.sent += batch.length
      run.onProgress?.({ ...progress })
    }
    if (signal?.aborted !== true) progress.gone = due.length - progress.sent
  } finally {
    await producer.close()
  }
  run.onProgress?.({ ...progress })
  return progress
}

const auditLettersMax = 1_000

/** One record for each group, topic and thousand letters. */
const writeAudit = async (run: ReplayRun): Promise<void> => {
  const { plan, book, publisher, actor, reason, clock, action = 'replay', continues = false } = run
  // Each continuation is an act of its own, by whoever did it; the replay's first records stay what was planned.
  const prefix = continues ? `${plan.replayId}.${newEventId(clock.now())}` : plan.replayId
  const records: ReplayAudit[] = []
  for (const [{ group, topic }, letters] of Map.groupBy(plan.letters, ({ source }) => source)) {
    for (let from = 0; from < letters.length; from += auditLettersMax) {
      const some = letters.slice(from, from + auditLettersMax)
      records.push({
        auditId: `${prefix}.${records.length}`,
        at: timestampMillis(clock.now()),
        actor,
        action: continues ? 'continue' : action,
        group,
        topic: topic.name,
        letterIds: some.map(({ id }) => id),
        count: some.length,
        reason,
      })
    }
  }
  await Promise.all(
    records.map((record, ordinal) =>
      publisher.publish(replayAudit, record, {
        messageId: derivedEventId(plan.replayId, `replay-audit${prefix.slice(plan.replayId.length)}`, ordinal),
      }),
    ),
  )
  for (const record of records) book.addAudit(record)
}

interface LetterToSend {
  readonly letter: Letter
  readonly record: OutboundRecord
}

/** The letters in the order of their topics, read again from Kafka: the book holds no bytes. */
async function* letterRecords(
  { plan, transport, clock, signal, action }: ReplayRun,
  due: readonly Letter[],
  batchMax: number,
): AsyncGenerator<readonly LetterToSend[]> {
  const wanted = new Map(due.map((letter) => [letter.id, letter]))
  let batch: LetterToSend[] = []
  for await (const found of transport.read(rangesOf(due), signal === undefined ? {} : { signal })) {
    const letter = wanted.get(letterId(found.topic, found.partition, found.offset))
    if (letter === undefined) continue
    const record =
      action === 'archive'
        ? archivalRecord(letter.source, found, clock.now())
        : laneRecord(letter.source, found, plan.replayId, clock.now())
    batch.push({ letter, record })
    if (batch.length < batchMax) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

const rangesOf = (letters: readonly Letter[]): readonly ReadRange[] => {
  const ranges = new Map<string, { topic: string; partition: number; fromOffset: number; untilOffset: number }>()
  for (const { source, partition, offset } of letters) {
    const topic = source.deadLetterTopic
    const known = ranges.get(`${topic}/${partition}`)
    if (known === undefined) {
      ranges.set(`${topic}/${partition}`, { topic, partition, fromOffset: offset, untilOffset: offset + 1 })
    } else {
      known.fromOffset = Math.min(known.fromOffset, offset)
      known.untilOffset = Math.max(known.untilOffset, offset + 1)
    }
  }
  return [...ranges.values()]
}

const sendAttemptsMax = 5

/** Sends until each is acknowledged: an unknown fate is sent again, the group's inbox knows the second one. */
const sendAll = async (producer: TransportProducer, records: readonly OutboundRecord[]): Promise<void> => {
  let left = records
  for (let attempt = 1; left.length > 0; attempt++) {
    const outcomes = await producer.send(left)
    const unknown: OutboundRecord[] = []
    for (const [place, outcome] of outcomes.entries()) {
      const record = left[place]
      if (outcome.status === 'failed') throw outcome.error
      if (outcome.status === 'unknown' && attempt >= sendAttemptsMax) throw outcome.error
      if (outcome.status === 'unknown' && record !== undefined) unknown.push(record)
    }
    left = unknown
  }
}

interface Pace {
  readonly batchMax: number
  /** Resolves when `count` more may go. */
  wait(count: number, signal: AbortSignal | undefined): Promise<void>
}

const createPace = (clock: Clock, ratePerSecondMax: number | undefined): Pace => {
  if (ratePerSecondMax === undefined) return { batchMax: 500, wait: async () => undefined }
  if (!(ratePerSecondMax > 0)) {
    throw new InterchangeError('ICX_REPLAY_REFUSED', 'A rate must be above 0 a second.', { class: 'poison' })
  }
  let nextAtMs = clock.now()
  return {
    // Ten sends a second are smooth enough and cost little.
    batchMax: Math.max(1, Math.min(500, Math.floor(ratePerSecondMax / 10))),
    async wait(count, signal) {
      const delayMs = nextAtMs - clock.now()
      nextAtMs = Math.max(nextAtMs, clock.now()) + (count / ratePerSecondMax) * 1_000
      if (delayMs > 0) await pause(clock, delayMs, signal)
    },
  }
}

const pause = (clock: Clock, delayMs: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      cancel()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(delayMs, end)
    signal?.addEventListener('abort', end)
  })

const placeOf = ({ source, facts }: Letter) => ({
  group: source.group,
  topic: source.topic.name,
  messageId: facts.messageId,
})

const messageOf = ({ group, topic, messageId }: { group: string; topic: string; messageId: string }): string =>
  `${group}\n${topic}\n${messageId}`
