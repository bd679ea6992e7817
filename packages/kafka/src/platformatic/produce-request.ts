import { createAPI, type Reader, Writer } from '@platformatic/kafka'
import { brokerError } from './broker-error.ts'

const produceKey = 0
const produceVersion = 8
const allInSync = -1

type ProduceArguments = [
  topic: string,
  partition: number,
  /** Of one partition, so that headers stay the bytes they are. */
  batch: Buffer,
  timeoutMs: number,
  transactionalId: string | null,
]

/** Acks of all in-sync replicas. */
const createRequest = (...[topic, partition, batch, timeoutMs, transactionalId]: ProduceArguments): Writer =>
  Writer.create()
    .appendString(transactionalId, false)
    .appendInt16(allInSync)
    .appendInt32(timeoutMs)
    .appendInt32(1)
    .appendString(topic, false)
    .appendInt32(1)
    .appendInt32(partition)
    .appendInt32(batch.length)
    .append(batch)

/** The offset of the first record, undefined when the answer names none. Throws what the broker said about the partition. */
const parseResponse = (
  _correlationId: number,
  _apiKey: number,
  _version: number,
  reader: Reader,
): number | undefined => {
  const answers = reader.readArray(
    () => {
      const topic = reader.readString(false)
      return reader.readArray(() => parsePartition(topic, reader), false, false)
    },
    false,
    false,
  )
  const [answer] = answers.flat()
  if (answer === undefined) return undefined
  if (answer.errorCode !== 0) {
    throw brokerError(
      answer.errorCode,
      `sending to ${answer.topic}/${answer.partition} (${answer.message ?? 'no word'})`,
    )
  }
  return answer.baseOffset < 0 ? undefined : answer.baseOffset
}

const parsePartition = (topic: string, reader: Reader) => {
  const partition = reader.readInt32()
  const errorCode = reader.readInt16()
  const baseOffset = Number(reader.readInt64())
  // The time of appending and the start of the log.
  reader.skip(16)
  const recordErrors = reader.readArray(
    () => {
      reader.skip(4)
      return reader.readNullableString(false)
    },
    false,
    false,
  )
  const message = reader.readNullableString(false) ?? recordErrors.find((each) => each !== null)
  return { topic, partition, errorCode, baseOffset, message }
}

export const produceApi = createAPI<ProduceArguments, number | undefined>(
  produceKey,
  produceVersion,
  createRequest,
  parseResponse,
  false,
  false,
)
