import type { HeaderEntry } from '../../record/header-entry.ts'
import { deadLetterHeaders } from '../../record/header-names.ts'
import { letterFacts } from '../../record/letter-facts.ts'
import { replayLaneName } from '../../topic.ts'
import type { TransportRecord } from '../../transport.ts'
import { type GroupWithRoom, groupWithRoom } from './group-with-room.fixture.ts'

export interface HoldingGroup extends GroupWithRoom {
  /** One after another, so that the log has them in this order. */
  send(...items: readonly string[]): Promise<void>
  /** Offsets of the letters that hold a key. */
  held(): Promise<readonly number[]>
  /** Sends a letter back as the replay service does: the newest, if none is given. */
  replay(letter?: TransportRecord): Promise<void>
  /** Says of the newest letter that a person has archived it. */
  archive(): Promise<void>
}

/** A group that tries once, and whose route holds a key after its dead letter. */
export const holdingGroup = async (): Promise<HoldingGroup> => {
  const roomed = await groupWithRoom()
  const { bench, group, room } = roomed
  const newestLetter = (): TransportRecord => {
    const letter = bench.letters('orders', group).at(-1)
    if (letter === undefined) throw new Error('no letter')
    return letter
  }
  /** What the replay service puts behind the headers of the original. */
  const toLane = async (letter: TransportRecord, value: Buffer | null, fact: HeaderEntry): Promise<void> => {
    const facts = letterFacts(letter.headers)
    const kept = [deadLetterHeaders.originalHeaderCount, deadLetterHeaders.messageId, deadLetterHeaders.offset]
    const original = letter.headers.take(Number(facts.get(deadLetterHeaders.originalHeaderCount)))
    const headers = original.append([...kept.map((name) => ({ name, value: facts.get(name) ?? '' })), fact])
    await bench.write(replayLaneName('orders', group), { key: letter.key, value, headers })
  }
  return {
    ...roomed,
    route: (more = {}) =>
      roomed.route({
        afterDeadLetter: 'hold',
        retry: { attemptsMax: 1, waitingAttemptsMax: 1, waitingBackoffMs: 5, waitingBackoffMsMax: 10 },
        ...more,
      }),
    async send(...items) {
      for (const item of items) await roomed.send(item)
    },
    held: async () => (await room.keys.held(group, [{ topic: 'orders', partition: 0 }])).map(({ offset }) => offset),
    replay: (letter = newestLetter()) =>
      toLane(letter, letter.value, { name: deadLetterHeaders.replayId, value: 'replay-1' }),
    archive: () =>
      toLane(newestLetter(), null, { name: deadLetterHeaders.archivedAt, value: '2026-01-01T00:00:00.000Z' }),
  }
}
