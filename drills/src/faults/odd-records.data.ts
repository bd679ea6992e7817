import { randomBytes } from 'node:crypto'
import { deadLetterHeaders, type HeaderEntry, type OutboundRecord } from '@interchange/messaging'

/** One way in which a record can be bad, by the number of the bad input it belongs to. */
export interface OddRecord {
  readonly input: string
  readonly becomes: 'handled' | 'letter'
  readonly headers?: readonly HeaderEntry[]
  readonly spoil?: (sound: OutboundRecord) => OutboundRecord
}

/** The bytes of a frame: magic byte 0, the schema's id, the value. */
const frameBytes = 5

const value = (input: string, change: (sound: Buffer) => Buffer | null): OddRecord => ({
  input,
  becomes: 'letter',
  spoil: (sound) => ({ ...sound, value: change(sound.value ?? Buffer.alloc(0)) }),
})

const underSchema = (id: number) => (sound: Buffer) => {
  const bytes = Buffer.from(sound)
  bytes.writeInt32BE(id, 1)
  return bytes
}

/** A sound frame, then these bytes: the first field of a step is a string, its length a zigzag varint. */
const behindFrame = (bytes: readonly number[]) => (sound: Buffer) =>
  Buffer.concat([sound.subarray(0, frameBytes), Buffer.from(bytes)])

const headers = (input: string, becomes: OddRecord['becomes'], entries: readonly HeaderEntry[]): OddRecord => ({
  input,
  becomes,
  headers: entries,
})

const many = (count: number): HeaderEntry[] => Array.from({ length: count }, (_, n) => ({ name: `h${n}`, value: 'x' }))

/**
 * What a member of a group must survive on a real topic of Avro values, a choice of X01 to X46: those that are about bytes. All of them
 * are in the conformance suite; what matters here is that their neighbours in a batch go through, in order.
 */
export const oddRecords: readonly OddRecord[] = [
  value('X01', () => Buffer.alloc(0)),
  ...[1, 2, 3, 4].map((length) => value('X02', () => Buffer.alloc(length))),
  value('X03', (sound) => Buffer.concat([Buffer.from([1]), sound.subarray(1)])),
  value('X03', () => Buffer.from('{"key":"a"}')),
  ...[0, -1, -(2 ** 31), 2 ** 31 - 1].map((id) => value('X04', underSchema(id))),
  value('X05', underSchema(1_900_000_000)),
  ...[1, 2].map((missing) => value('X10', (sound) => sound.subarray(0, -missing))),
  value('X10', (sound) => sound.subarray(0, frameBytes)),
  value('X11', (sound) => Buffer.concat([sound, Buffer.from([0])])),
  value('X12', (sound) => Buffer.concat([sound.subarray(0, frameBytes), randomBytes(40), sound])),
  // Of 2^40 bytes, of a negative length, not UTF-8, and a varint without an end.
  value('X16', behindFrame([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01])),
  value('X16', behindFrame([0x01, 0x00, 0x00])),
  value('X16', behindFrame([0x04, 0xff, 0xfe, 0x02, 0x00])),
  value('X16', behindFrame(new Array<number>(12).fill(0xff))),
  value('X22', () => null),
  { input: 'X23', becomes: 'handled', spoil: (sound) => ({ ...sound, key: null }) },
  { input: 'X23', becomes: 'letter', spoil: (sound) => ({ ...sound, key: Buffer.alloc(0) }) },
  { input: 'X24', becomes: 'letter', spoil: (sound) => ({ ...sound, key: Buffer.from('another') }) },
  headers('X34', 'handled', many(100)),
  headers('X34', 'letter', many(6_000)),
  headers(
    'X35',
    'handled',
    [...['__proto__', 'constructor', 'toString']].map((name) => ({ name, value: name })),
  ),
  headers('X36', 'handled', new Array<HeaderEntry>(100).fill({ name: 'traceparent', value: '00-0-0-0' })),
  headers('X37', 'handled', [
    { name: '', value: 'no name' },
    { name: 'null', value: null },
  ]),
  headers('X39', 'handled', [{ name: 'a\r\nb', value: '\u0000\u001b[31m' }]),
  headers('X44', 'handled', [
    { name: deadLetterHeaders.attempts, value: '-1' },
    { name: deadLetterHeaders.replays, value: '1000000000' },
  ]),
  { input: 'X46', becomes: 'handled', spoil: (sound) => ({ ...sound, timestampMs: 0 }) },
]
