import { freeze, thaw } from '@interchange/drill-kit'
import { waitFor } from '@interchange/testing'
import type { Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { kafkaTool } from './kafka-tool.ts'
import { countLetters } from './letters.ts'
import {
  committedOf,
  deleteRecords,
  resetOffsets,
  startMembers,
  untilAllDone,
  untilMembersEndedWith,
} from './operator.ts'
import { type OwnStep, openSender } from './send-steps.ts'

/** Nearly as much as a topic takes by default. */
const size = 900_000
const deep = 100_000
const copies = 5

const value = (text: string): Pick<OwnStep, 'spoil'> => {
  const bytes = Buffer.from(text)
  return { spoil: (sound) => ({ ...sound, value: bytes }) }
}

/** Records that are small enough for the broker and large for whoever takes them apart. */
const bombs: readonly Pick<OwnStep, 'spoil' | 'headers'>[] = [
  value('['.repeat(deep) + ']'.repeat(deep)),
  value('{"a":'.repeat(deep)),
  value(`[${'0,'.repeat(size / 2)}0]`),
  value(`{"key":"${'x'.repeat(size)}"}`),
  value(`{${Array.from({ length: deep / 2 }, (_, n) => `"k${n}":0`).join()}}`),
  { headers: Array.from({ length: 6_000 }, (_, n) => ({ name: `header-${n}`, value: 'x'.repeat(50) })) },
  { headers: [{ name: 'long', value: 'x'.repeat(size) }] },
  { spoil: (sound) => ({ ...sound, key: Buffer.alloc(size, 'x') }) },
]

/** Many large and hostile records; seen when each has become a dead letter. */
export const dropBombs: Fault = {
  name: 'bombs',
  async carryOut({ stage, time }) {
    const letters = await countLetters(stage)
    const sender = await openSender(stage)
    try {
      for (let copy = 0; copy < copies; copy++)
        for (const [number, bomb] of bombs.entries())
          await sender.send([{ key: `bomb-${time}-${number}-${copy}`, seq: 1, poison: true, ...bomb }])
    } finally {
      await sender.close()
    }
    const expected = letters + copies * bombs.length
    const written = async (): Promise<boolean> => (await countLetters(stage)) === expected
    await waitFor(written, { timeoutMs: seenMs, everyMs: 100, what: `${copies * bombs.length} dead letters` })
    return `${copies * bombs.length} records`
  },
}

/** More than a batch may unpack to: no producer of ours packs it. */
const unpackedBytes = 80 * 1024 * 1024

/**
 * A batch that unpacks to a thousand times its size. Seen when every member has ended and said why; the group must stand before it until
 * an operator moves it past and has it deleted.
 */
export const dropPackedBomb = (codec: 'gzip' | 'zstd'): Fault => ({
  name: `${codec}-bomb`,
  async carryOut({ stage, writer }) {
    await freeze(writer)
    try {
      await untilAllDone(stage)
      await producePacked(stage, codec)
      const ends = await stage.admin.topicOffsets(stage.topic)
      const committed = await committedOf(stage)
      const there = ends.find(({ partition, latest }) => committed.get(partition) !== latest)
      if (there === undefined) throw new Error('the bomb is not there')
      const { partition, latest } = there
      await untilMembersEndedWith(stage, 'ICX_KAFKA_BATCH_UNREADABLE')
      const now = (await committedOf(stage)).get(partition)
      if (now !== latest - 1) throw new Error(`the group is at ${now}, the bomb at ${latest - 1}`)
      await resetOffsets(stage, ['--to-latest'], partition)
      await deleteRecords(stage, partition, latest)
      return `partition ${partition}`
    } finally {
      await thaw(writer)
      await startMembers(stage)
    }
  },
})

/** By Kafka's own producer, which packs anything. */
const producePacked = async ({ arena, topic }: Stage, codec: string): Promise<void> => {
  const sizes = ['max.request.size', 'buffer.memory'].flatMap((name) => [
    '--command-property',
    `${name}=${4 * unpackedBytes}`,
  ])
  const args = ['--topic', topic, '--compression-codec', codec, ...sizes]
  await kafkaTool(arena, 'produce', args, { input: `${'x'.repeat(unpackedBytes)}\n`, heapMb: 768 })
}
