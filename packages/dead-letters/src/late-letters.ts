import type { ReadRange, Transport, TransportAdmin } from '@interchange/messaging'
import type { Letter } from './letter.ts'

export type LateLetterAdmin = Pick<TransportAdmin, 'committedOffsets' | 'topicOffsets'>

export interface LateLetterReading {
  readonly admin: LateLetterAdmin
  readonly transport: Pick<Transport, 'read'>
}

/** Most records looked through for one plan; what lies behind them counts as gone on. */
const recordsMax = 200_000

/** Stands for every key of a partition. */
const wholePartition = Symbol('the whole partition')

/**
 * The letters whose key (whose partition, where that is the order) has gone on without them: below what the group has committed
 * stands a later record of it that is not a letter of this plan too. Letters of routes which hold the key, tell what comes
 * late, or want no order are never among them.
 */
export const lateLetters = async (
  { admin, transport }: LateLetterReading,
  letters: readonly Letter[],
): Promise<ReadonlySet<Letter>> => {
  const late = new Set<Letter>()
  const ordered = letters.filter(
    ({ facts }) => facts.order !== 'hold' && facts.order !== 'checked' && facts.order !== 'none',
  )
  let left = recordsMax
  for (const [{ group, topic }, same] of Map.groupBy(ordered, ({ source }) => source)) {
    const committed = new Map(
      (await admin.committedOffsets(group, [topic.name])).map(({ partition, offset }) => [partition, offset]),
    )
    const earliest = new Map((await admin.topicOffsets(topic.name)).map((ends) => [ends.partition, ends.earliest]))
    for (const [partition, here] of Map.groupBy(same, ({ facts }) => facts.partition ?? -1)) {
      const untilOffset = committed.get(partition) ?? 0
      const fromOffset = Math.min(...here.map(offsetOf)) + 1
      if (fromOffset >= untilOffset) continue
      // Records that nobody can look at any more, and records beyond the bound, are passed all the same.
      const seen = (earliest.get(partition) ?? 0) <= fromOffset && untilOffset - fromOffset <= left
      left -= seen ? untilOffset - fromOffset : 0
      const range = { topic: topic.name, partition, fromOffset, untilOffset }
      const last = seen ? await lastOffsets(transport, range, here) : undefined
      for (const letter of here) {
        const lastOffset = last === undefined ? untilOffset - 1 : last.get(orderOf(letter))
        if ((lastOffset ?? -1) > offsetOf(letter)) late.add(letter)
      }
    }
  }
  return late
}

/** The last offset of each key, and of all, in `range`, without the records whose letters are sent with them. */
const lastOffsets = async (
  transport: LateLetterReading['transport'],
  range: ReadRange,
  letters: readonly Letter[],
): Promise<ReadonlyMap<string | symbol, number>> => {
  const planned = new Set(letters.map(offsetOf))
  const last = new Map<string | symbol, number>()
  for await (const { offset, key } of transport.read([range])) {
    if (planned.has(offset)) continue
    last.set(wholePartition, offset)
    if (key !== null) last.set(key.toString('utf8', 0, keyBytesMax), offset)
  }
  return last
}

/** As far as a letter knows its key. */
const keyBytesMax = 255

/** A null key is ordered like its partition. */
const orderOf = ({ key, facts }: Letter): string | symbol =>
  key === null || facts.order === 'partition' ? wholePartition : key

const offsetOf = ({ facts }: Letter): number => facts.offset ?? -1
