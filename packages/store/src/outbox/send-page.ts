import {
  type Clock,
  InterchangeError,
  type OutboundRecord,
  type SendOutcome,
  type TransportProducer,
} from '@interchange/messaging'
import { sleepOn } from './doze.ts'
import type { OutboxRow } from './read-page.ts'
import type { RefusedTopics } from './refused-topics.ts'
import type { RelayLease } from './relay-lease.ts'

/** A row that Kafka refuses for good. */
export interface RefusedRow {
  readonly row: OutboxRow
  readonly attempts: number
  readonly error: InterchangeError
}

export interface SendPageOptions {
  readonly clock: Clock
  readonly producer: TransportProducer
  readonly topics: RefusedTopics
  readonly lease: RelayLease
  readonly signal: AbortSignal
  /** Kafka cannot take rows now; they wait. */
  readonly onOutage: (error: InterchangeError) => void
}

/** Most rows and bytes of one send: what one request of a driver holds, so that a send is taken or refused as a whole. */
const sendRowsMax = 500
const sendBytesMax = 400 * 1024
/** A refused send is tried again in parts of this size, then row by row: three attempts for a row. */
const partRowsMax = 32
const backoffMsMax = 2_000

/**
 * Sends a page, each partition's rows in their order and the partitions side by side. Answers, once every row's fate is known,
 * those that were refused. An outage is waited out, and a row whose fate is unknown is sent again with its id. Rejects with
 * `ICX_OUTBOX_LEASE_LOST`, or when `signal` aborts a wait.
 */
export const sendPage = async (
  rows: readonly OutboxRow[],
  { clock, producer, topics, lease, signal, onOutage }: SendPageOptions,
): Promise<readonly RefusedRow[]> => {
  const refused: RefusedRow[] = []

  const send = async (records: readonly OutboundRecord[]): Promise<readonly SendOutcome[]> => {
    await lease.keep()
    lease.assertHeld()
    return producer.send(records)
  }

  /** In order: what is behind a row of open fate is sent again behind it. */
  const sendChunk = async (chunk: readonly OutboxRow[], attempt: number): Promise<void> => {
    let pending = chunk
    for (let waits = 0; pending.length > 0; waits++) {
      const outcomes = await send(pending.map(({ record }) => record))
      const open = pending.findIndex((_, place) => isOpen(outcomes[place]))
      const settled = open === -1 ? pending : pending.slice(0, open)
      const failed = settled.flatMap((row, place) => {
        const outcome = outcomes[place]
        return outcome?.status === 'failed' ? [{ row, attempts: attempt, error: outcome.error }] : []
      })
      await refusedOf(failed, pending.length, attempt)
      if (open === -1) return
      pending = pending.slice(open)
      onOutage(errorOf(outcomes[open]))
      await sleepOn(clock, Math.min(backoffMsMax, 50 * 2 ** waits), signal)
    }
  }

  const refusedOf = async (failed: readonly RefusedRow[], sent: number, attempt: number): Promise<void> => {
    const [first] = failed
    if (first === undefined) return
    if (isTopics(first.error)) {
      const { topic } = first.row.record
      if (attempt < topics.attemptsOf(topic)) {
        await sleepOn(clock, topics.backoffMs(attempt), signal)
        return sendChunk(
          failed.map(({ row }) => row),
          attempt + 1,
        )
      }
      topics.refuse(topic)
      refused.push(...failed)
    } else if (sent === 1) {
      refused.push(first)
    } else {
      const size = sent > partRowsMax ? partRowsMax : 1
      for (let from = 0; from < failed.length; from += size) {
        await sendChunk(
          failed.slice(from, from + size).map(({ row }) => row),
          attempt + 1,
        )
      }
    }
  }

  const sendGroup = async (group: readonly OutboxRow[], first: OutboxRow): Promise<void> => {
    const missing = await topics.missing(first.record, signal)
    if (missing === undefined) for (const chunk of chunksOf(group)) await sendChunk(chunk, 1)
    else refused.push(...group.map((row) => ({ row, attempts: topics.attemptsMax, error: missing })))
  }

  // All of them end before anything else happens: nothing of this page may still be on its way when the next is sent.
  const ends = await Promise.allSettled(
    [...byPartition(rows).values()].map((group) => (group[0] === undefined ? undefined : sendGroup(group, group[0]))),
  )
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return refused
}

const byPartition = (rows: readonly OutboxRow[]): ReadonlyMap<string, readonly OutboxRow[]> =>
  Map.groupBy(rows, ({ record }) => `${record.partition} ${record.topic}`)

function* chunksOf(rows: readonly OutboxRow[]): Generator<readonly OutboxRow[]> {
  let from = 0
  let bytes = 0
  for (const [place, { record }] of rows.entries()) {
    const size = (record.key?.length ?? 0) + (record.value?.length ?? 0) + record.headers.size + 70
    if (place > from && (bytes + size > sendBytesMax || place - from >= sendRowsMax)) {
      yield rows.slice(from, place)
      from = place
      bytes = 0
    }
    bytes += size
  }
  yield rows.slice(from)
}

/** Neither sent nor the row's own fault: nobody knows, or Kafka takes nothing now, or not from us. */
const isOpen = (outcome: SendOutcome | undefined): boolean =>
  outcome === undefined ||
  outcome.status === 'unknown' ||
  (outcome.status === 'failed' && !isRows(outcome.error) && !isTopics(outcome.error))

const isRows = ({ failureClass }: InterchangeError): boolean => failureClass === 'contract' || failureClass === 'poison'

/** Kafka's own names of what is wrong with a topic and so with all of its rows. */
const topicErrors: ReadonlySet<unknown> = new Set([
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNKNOWN_TOPIC_OR_PARTITION',
])

const isTopics = ({ facts }: InterchangeError): boolean => topicErrors.has(facts['kafkaError'])

const errorOf = (outcome: SendOutcome | undefined): InterchangeError =>
  outcome === undefined || outcome.status === 'ok'
    ? new InterchangeError('ICX_KAFKA_UNKNOWN_OUTCOME', 'The driver gave fewer outcomes than records.', {
        class: 'outage',
      })
    : outcome.error
