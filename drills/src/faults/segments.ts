import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClusterBroker } from '@interchange/stack'
import type { Stage } from '../stage.ts'

/** Where a broker keeps its copy of a partition of the drill's topic. */
export const partitionFolder = ({ dataFolder }: ClusterBroker, { topic }: Stage, partition: number): string =>
  join(dataFolder, `${topic}-${partition}`)

/** The drill's topics are too small for a second one. */
export const segmentOf = (broker: ClusterBroker, stage: Stage, partition: number): string =>
  join(partitionFolder(broker, stage, partition), '00000000000000000000.log')

/** A follower writes what its leader sends it as it is. */
export const isCopy = async (copy: string, original: string, length: number): Promise<boolean> => {
  const [bytes, others] = await Promise.all([readFile(copy), readFile(original)])
  return bytes.length >= length && bytes.subarray(0, length).equals(others.subarray(0, length))
}

export const flipBit = async (path: string, at: number): Promise<void> => {
  const file = await open(path, 'r+')
  try {
    const byte = Buffer.alloc(1)
    await file.read(byte, 0, 1, at)
    await file.write(Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, at)
  } finally {
    await file.close()
  }
}

/** A batch of a segment: base offset int64, length int32 of what follows (https://kafka.apache.org/documentation/#recordbatch). */
export interface SegmentBatch {
  readonly baseOffset: number
  /** Of its last byte, in the file. */
  readonly lastAt: number
}

/** The batches of a segment, in order, as far as they are whole. */
export const batchesOf = async (path: string): Promise<readonly SegmentBatch[]> => {
  const bytes = await readFile(path)
  const batches: SegmentBatch[] = []
  for (let at = 0; at + 12 <= bytes.length; ) {
    const end = at + 12 + bytes.readInt32BE(at + 8)
    if (end > bytes.length) break
    batches.push({ baseOffset: Number(bytes.readBigInt64BE(at)), lastAt: end - 1 })
    at = end
  }
  return batches
}
