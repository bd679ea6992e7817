/** The version of Kafka's produce API that is written and read here: not flexible, with messages about refused records. */
export const produceApi = { key: 0, version: 8, name: 'Produce' } as const
const allInSync = -1

/** A record batch on its way to one partition. */
export interface Consignment {
  readonly topic: string
  readonly partition: number
  readonly batch: Buffer
}

/** What the broker says of one partition. */
export interface ProduceAnswer {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  /** The offset of the first record, -1 when it names none. */
  readonly baseOffset: number
  readonly message: string | undefined
}

/** The body of a request with acks of all in-sync replicas, in parts, for the batches are large enough to copy once. */
export const encodeProduce = (
  consignments: readonly Consignment[],
  timeoutMs: number,
  transactionalId: string | undefined,
): readonly Buffer[] => {
  const nameBytes = transactionalId === undefined ? 0 : Buffer.byteLength(transactionalId)
  const head = Buffer.allocUnsafe(12 + nameBytes)
  head.writeInt16BE(transactionalId === undefined ? -1 : nameBytes, 0)
  if (transactionalId !== undefined) head.write(transactionalId, 2)
  head.writeInt16BE(allInSync, 2 + nameBytes)
  head.writeInt32BE(timeoutMs, 4 + nameBytes)
  head.writeInt32BE(consignments.length, 8 + nameBytes)
  return [head, ...consignments.flatMap((each) => [addressOf(each), each.batch])]
}

const addressOf = ({ topic, partition, batch }: Consignment): Buffer => {
  const nameBytes = Buffer.byteLength(topic)
  const bytes = Buffer.allocUnsafe(nameBytes + 14)
  bytes.writeInt16BE(nameBytes, 0)
  let position = 2 + bytes.write(topic, 2)
  position = bytes.writeInt32BE(1, position)
  position = bytes.writeInt32BE(partition, position)
  bytes.writeInt32BE(batch.length, position)
  return bytes
}

/** Reads the body of an answer. Throws `RangeError` where it ends too early. */
export const decodeProduceAnswer = (bytes: Buffer): ProduceAnswer[] => {
  let position = 0
  const int16 = (): number => {
    position += 2
    return bytes.readInt16BE(position - 2)
  }
  const int32 = (): number => {
    position += 4
    return bytes.readInt32BE(position - 4)
  }
  const text = (): string | undefined => {
    const length = int16()
    if (length < 0) return undefined
    position += length
    return bytes.toString('utf8', position - length, position)
  }
  const answers: ProduceAnswer[] = []
  for (let topics = int32(); topics > 0; topics--) {
    const topic = text() ?? ''
    for (let partitions = int32(); partitions > 0; partitions--) {
      const partition = int32()
      const errorCode = int16()
      const baseOffset = Number(bytes.readBigInt64BE(position))
      // Behind it the time of appending and the start of the log.
      position += 24
      let message: string | undefined
      for (let refused = int32(); refused > 0; refused--) {
        position += 4
        message = text() ?? message
      }
      answers.push({ topic, partition, errorCode, baseOffset, message: text() ?? message })
    }
  }
  return answers
}
