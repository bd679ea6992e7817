import { createLetterBook, type LetterSource, readLetterBook } from '@interchange/dead-letters'
import { deadLetterHeaders, deadLetterTopicName, type HeaderEntry, replayLaneName } from '@interchange/messaging'
import { waitFor } from '@interchange/testing'
import { openCodec, openTransport, stepTopic } from '../load/step.ts'
import { partitions, type Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { sendSteps, untilDone } from './send-steps.ts'

const headers = (...entries: readonly (readonly [name: string, value: string])[]): readonly HeaderEntry[] =>
  entries.map(([name, value]) => ({ name, value }))

/** What only a group and its desk write, and what other frameworks would obey: X44 and X45 of the catalogue. */
const forgeries: readonly (readonly HeaderEntry[])[] = [
  headers([deadLetterHeaders.attempts, '-1'], [deadLetterHeaders.attempts, '1000000000']),
  headers([deadLetterHeaders.attempts, 'NaN'], ['not-before', '9999-12-31T23:59:59Z']),
  headers([deadLetterHeaders.replayId, 'forged'], [deadLetterHeaders.replays, '9']),
  headers([deadLetterHeaders.archivedAt, '2020-01-01T00:00:00.000Z'], [deadLetterHeaders.originalHeaderCount, '0']),
  headers([deadLetterHeaders.messageId, 'somebody-elses'], [deadLetterHeaders.group, 'somebody-elses']),
  headers(
    [deadLetterHeaders.topic, '__consumer_offsets'],
    [deadLetterHeaders.partition, '5'],
    [deadLetterHeaders.offset, '0'],
  ),
  headers(
    ['reply-to', '__consumer_offsets'],
    ['kafka_replyTopic', 'somebody-elses'],
    ['kafka_dlt-original-topic', 'x'],
  ),
]

let rounds = 0

/**
 * A producer of somebody else's sends sound steps and poison with headers that only the group itself and its desk may write; seen when
 * each has come to the end it would have had without them. Every forged fact that a letter repeats is measured.
 */
export const forgedHeaders: Fault = {
  name: 'forged-headers',
  async carryOut({ stage }) {
    const round = ++rounds
    const steps = forgeries.flatMap((forged, place) =>
      [false, true].map((poison) => ({
        key: `forger/${place}${poison ? '/poison' : ''}`,
        seq: round,
        poison,
        headers: forged,
      })),
    )
    const sent = await sendSteps(stage, steps)
    const poisoned = new Set(sent.filter((_, place) => steps[place]?.poison === true).map(({ id }) => id))
    await untilDone(
      stage,
      sent.filter(({ id }) => !poisoned.has(id)),
    )
    const letters = async () => (await readLetters(stage)).filter(({ facts }) => poisoned.has(facts.messageId))
    const areThere = async (): Promise<boolean> => (await letters()).length >= poisoned.size
    await waitFor(areThere, { timeoutMs: seenMs, everyMs: 500, what: `${poisoned.size} letters` })
    const believed = (await letters()).filter(
      ({ facts, source }) =>
        facts.replayId !== undefined || facts.replays !== 0 || facts.attempts !== 1 || source.group !== stage.group,
    )
    stage.history.note({ op: 'measured', figure: 'forgedBelieved', value: believed.length })
    return `${sent.length} messages`
  },
}

const readLetters = async (stage: Stage) => {
  const { arena, topic, group } = stage
  const source: LetterSource = {
    group,
    topic: stepTopic({ topic, partitions, schemaVersion: 1 }),
    deadLetterTopic: deadLetterTopicName(topic, group),
    lane: replayLaneName(topic, group),
  }
  const book = createLetterBook()
  const transport = openTransport({ brokers: arena.internalBrokers, proc: 'runner' })
  await readLetterBook({ transport, codec: openCodec({ registryUrl: null }), sources: [source], book })
  return book.list({ group }).map(({ letter }) => letter)
}
