import { orderPlaced, type ReplayAudit, timestampMillis } from '@interchange/contracts'
import { HeaderBlock, deadLetterHeaders as names } from '@interchange/messaging'
import { expect, test } from 'vitest'
import { toLetter } from './letter.ts'
import { createLetterBook, type LetterBook } from './letter-book.ts'
import { letterSources } from './letter-source.ts'
import { planContinuation } from './plan-continuation.ts'

const [source] = letterSources([orderPlaced])
if (source === undefined) throw new Error('no source')
const { group, topic, deadLetterTopic, lane } = source

const idOf = (offset: number): string => `${deadLetterTopic}/3/${offset}`

const bookOf = (offsets: readonly number[]): LetterBook => {
  const book = createLetterBook()
  for (const offset of offsets) {
    const facts = { [names.originalHeaderCount]: '1', [names.partition]: '3', [names.offset]: String(40 + offset) }
    const headers = [['ce_id', `m${offset}`], ...Object.entries(facts)].map(([name = '', value = '']) => ({
      name,
      value,
    }))
    const bytes = { key: Buffer.from(`o${offset}`), value: Buffer.from([offset]), headers: HeaderBlock.of(headers) }
    book.addLetter(toLetter(source, { topic: deadLetterTopic, partition: 3, offset, timestampMs: 1_000, ...bytes }))
  }
  return book
}

const audit = (auditId: string, offsets: readonly number[], action = 'replay'): ReplayAudit => ({
  auditId,
  at: timestampMillis(2_000),
  actor: 'ada',
  action,
  group,
  topic: topic.name,
  letterIds: offsets.map(idOf),
  count: offsets.length,
  reason: 'a test',
})

const continued = async (book: LetterBook, replayId: string) => {
  const plan = await planContinuation({
    book,
    replayId,
    transport: { read: async function* () {} },
    admin: {
      partitionCounts: async () => new Map([[lane, 6]]),
      describeGroup: async () => ({
        group,
        state: 'Stable',
        members: [{ memberId: 'a', clientId: 'a', assignment: [{ topic: lane, partition: 3 }] }],
      }),
      committedOffsets: async () => [],
      topicOffsets: async () => [],
    },
  })
  return plan && { replayId: plan.replayId, left: plan.letters.map(({ offset }) => offset), refused: plan.refused }
}

test('continues under its id with what its audit names and it has not sent', async () => {
  const book = bookOf([0, 1, 2, 3, 4])
  book.addAudit(audit('r1.0', [0, 1]))
  book.addAudit(audit('r1.1', [2, 3]))
  book.addSent({ replayId: 'r1', group, topic: topic.name, messageId: 'm1', sentAtMs: 3_000 })
  expect(await continued(book, 'r1')).toEqual({ replayId: 'r1', left: [0, 2, 3], refused: [] })
  // What a continuation says of itself is no part of the plan.
  book.addAudit(audit('r1.again.0', [4], 'continue'))
  expect((await continued(book, 'r1'))?.left).toEqual([0, 2, 3])
})

test('leaves to others what they have sent meanwhile, and says what is gone', async () => {
  const book = bookOf([0, 1])
  book.addAudit(audit('r1.0', [0, 1, 9]))
  book.addSent({ replayId: 'r2', group, topic: topic.name, messageId: 'm1', sentAtMs: 3_000 })
  expect(await continued(book, 'r1')).toMatchObject({
    left: [0],
    refused: [
      { letterId: idOf(1), reason: 'replaying' },
      { letterId: idOf(9), reason: 'unknown' },
    ],
  })
})

test('knows nothing of a replay without an audit, nor of an archival', async () => {
  const book = bookOf([0])
  book.addAudit(audit('a1.0', [0], 'archive'))
  expect(await continued(book, 'r1')).toBeUndefined()
  expect(await continued(book, 'a1')).toBeUndefined()
})
