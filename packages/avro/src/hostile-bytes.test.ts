import { InterchangeError } from '@interchange/messaging'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCodec } from './create-codec.ts'
import { parseSchema } from './parse-schema.ts'
import { compileScan } from './scan-bytes.ts'

// The inputs X01 to X20 of the reliability page that reach the codec.

const everything = {
  type: 'record',
  name: 'Everything',
  namespace: 'io.test',
  fields: [
    { name: 'text', type: 'string' },
    { name: 'number', type: 'long' },
    { name: 'small', type: 'int' },
    { name: 'flag', type: 'boolean' },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['a', 'b'] } },
    { name: 'maybe', type: ['null', 'string'] },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'counts', type: { type: 'map', values: 'long' } },
    { name: 'nothings', type: { type: 'array', items: { type: 'record', name: 'Nothing', fields: [] } } },
    { name: 'raw', type: 'bytes' },
    { name: 'mark', type: { type: 'fixed', name: 'Mark', size: 2 } },
    { name: 'ratio', type: 'double' },
    { name: 'share', type: 'float' },
  ],
}
const type = parseSchema(JSON.stringify(everything))
const scan = compileScan(type)

const value = {
  text: 'é',
  number: -3,
  small: 300,
  flag: true,
  kind: 'b',
  maybe: 'x',
  tags: ['t', 'u'],
  counts: { one: 1 },
  nothings: [{}, {}],
  raw: Buffer.from([1, 2]),
  mark: Buffer.from([3, 4]),
  ratio: 1.5,
  share: 0.5,
}
const bytes = type.toBuffer(value)

const varint = (number: bigint): Buffer => {
  let raw = BigInt.asUintN(64, (number << 1n) ^ (number >> 63n))
  const out: number[] = []
  do {
    const more = raw > 0x7fn ? 0x80 : 0
    out.push(Number(raw & 0x7fn) | more)
    raw >>= 7n
  } while (raw > 0n)
  return Buffer.from(out)
}
const scanOf = (schema: unknown) => compileScan(parseSchema(JSON.stringify(schema)))
const refused = (code: string) => expect.objectContaining({ code, failureClass: 'contract' })
const arrayOf = (items: unknown) => scanOf({ type: 'array', items })
const bytesOf = (...parts: (bigint | string | Buffer)[]): Buffer =>
  Buffer.concat(
    parts.map((part) =>
      typeof part === 'bigint' ? varint(part) : typeof part === 'string' ? Buffer.from(part) : part,
    ),
  )

describe('bytes before they are believed', () => {
  it('are let through when they are exactly one value', () => {
    expect(() => scan(bytes, 0)).not.toThrow()
  })

  it('are refused at every shorter length', () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(() => scan(bytes.subarray(0, length), 0)).toThrow(InterchangeError)
    }
  })

  it('are refused when something is left', () => {
    expect(() => scan(Buffer.concat([bytes, Buffer.from([0])]), 0)).toThrow(refused('ICX_AVRO_TRAILING_BYTES'))
  })

  it.each([2n ** 31n, 2n ** 40n, 2n ** 52n])('are refused when they claim %s elements', (count) => {
    expect(() => arrayOf('string')(bytesOf(count, 0n), 0)).toThrow(refused('ICX_AVRO_LIMIT'))
    expect(() => arrayOf({ type: 'record', name: 'N', fields: [] })(bytesOf(count, 0n), 0)).toThrow(
      refused('ICX_AVRO_LIMIT'),
    )
    expect(() => scanOf({ type: 'map', values: 'null' })(bytesOf(count, 0n), 0)).toThrow(refused('ICX_AVRO_LIMIT'))
    expect(() => arrayOf('string')(bytesOf(-count, 1n, 0n), 0)).toThrow(refused('ICX_AVRO_LIMIT'))
  })

  it('are refused when many blocks together claim too many elements that have no bytes', () => {
    const blocks = Array.from({ length: 11 }, () => 100_000n)
    expect(() => arrayOf('null')(bytesOf(...blocks, 0n), 0)).toThrow(refused('ICX_AVRO_LIMIT'))
    expect(() => arrayOf('null')(bytesOf(100_000n, 0n), 0)).not.toThrow()
  })

  it('may come in blocks that say their size, and only in those that say it truly', () => {
    const strings = arrayOf('string')
    expect(() => strings(bytesOf(-2n, 4n, 1n, 'a', 1n, 'b', 0n), 0)).not.toThrow()
    for (const size of [3n, 5n, -4n, 0n, 2n ** 40n]) {
      expect(() => strings(bytesOf(-2n, size, 1n, 'a', 1n, 'b', 0n), 0)).toThrow(refused('ICX_AVRO_MALFORMED'))
    }
  })

  it('are refused beyond the depth a recursive record may have, however deep they go', () => {
    const list = scanOf({ type: 'record', name: 'Node', fields: [{ name: 'next', type: ['null', 'Node'] }] })
    expect(() => list(Buffer.concat([Buffer.alloc(63, 2), Buffer.from([0])]), 0)).not.toThrow()
    expect(() => list(Buffer.concat([Buffer.alloc(100_000, 2), Buffer.from([0])]), 0)).toThrow(
      refused('ICX_AVRO_LIMIT'),
    )
  })

  it('are refused before anything is read when their count cannot fit into what is left', () => {
    expect(() => arrayOf('string')(bytesOf(1_000n, 1n, 'a', 0n), 0)).toThrow(refused('ICX_AVRO_LIMIT'))
  })

  it('are judged by themselves, whatever the last ones claimed', () => {
    const nulls = arrayOf('null')
    for (let round = 0; round < 3; round++) expect(() => nulls(bytesOf(600_000n, 0n), 0)).not.toThrow()
    const tree = scanOf({
      type: 'record',
      name: 'Node',
      fields: [{ name: 'children', type: { type: 'array', items: 'Node' } }],
    })
    const wide = bytesOf(200n, Buffer.alloc(200), 0n)
    expect(() => tree(wide, 0)).not.toThrow()
    expect(() => tree(Buffer.alloc(1_000, 2), 0)).toThrow(refused('ICX_AVRO_LIMIT'))
    expect(() => tree(wide, 0)).not.toThrow()
  })

  it.each([
    ['a string longer than the bytes', 'string', bytesOf(10n, 'short')],
    ['a string of negative length', 'string', bytesOf(-1n, 'x')],
    ['a string of 2^52 bytes', 'string', bytesOf(2n ** 52n)],
    ['a long of 2^52 + 1', 'long', bytesOf(2n ** 52n + 1n)],
    ['a long of -2^52 - 1, whose sign avsc would lose', 'long', bytesOf(-(2n ** 52n) - 1n)],
    ['a long of -2^63', 'long', bytesOf(-(2n ** 63n))],
    ['a number of 11 bytes', 'long', Buffer.concat([Buffer.alloc(10, 0x80), Buffer.from([1])])],
    ['a zero of 11 bytes', 'long', Buffer.concat([Buffer.alloc(10, 0x80), Buffer.from([0])])],
    ['no bytes at all', 'long', Buffer.alloc(0)],
    ['half a number', 'int', Buffer.from([0x80])],
    ['an int of 2^31', 'int', bytesOf(2n ** 31n)],
    ['a boolean of 2', 'boolean', Buffer.from([2])],
    ['an unknown branch', ['null', 'string'], bytesOf(2n)],
    ['a negative branch', ['null', 'string'], bytesOf(-1n)],
    ['an unknown symbol', { type: 'enum', name: 'K', symbols: ['a'] }, bytesOf(1n)],
    ['the map key __proto__', { type: 'map', values: 'long' }, bytesOf(1n, 9n, '__proto__', 1n, 0n)],
  ])('are refused as malformed for %s', (_what, schema, wrong) => {
    expect(() => scanOf(schema)(wrong, 0)).toThrow(refused('ICX_AVRO_MALFORMED'))
  })

  it.each([
    ['the widest long', 'long', bytesOf(2n ** 52n)],
    ['the widest negative long', 'long', bytesOf(-(2n ** 52n))],
    ['the smallest int', 'int', bytesOf(-(2n ** 31n))],
    ['NaN', 'double', Buffer.from('000000000000f87f', 'hex')],
    ['a map key constructor', { type: 'map', values: 'long' }, bytesOf(1n, 11n, 'constructor', 1n, 0n)],
    ['invalid UTF-8, which decodes to replacement characters', 'string', bytesOf(2n, Buffer.from([0xc3, 0x28]))],
  ])('are let through for %s', (_what, schema, right) => {
    expect(() => scanOf(schema)(right, 0)).not.toThrow()
  })

  it('say which field is wrong', () => {
    const lines = { type: 'record', name: 'L', fields: [{ name: 'quantity', type: 'long' }] }
    const order = scanOf({
      type: 'record',
      name: 'O',
      fields: [{ name: 'lines', type: { type: 'array', items: lines } }],
    })
    expect(() => order(bytesOf(1n, 2n ** 60n, 0n), 0)).toThrow(
      'lines[].quantity: the number 1152921504606846976 is out of range',
    )
  })

  it('never bring the decoder down: what the scan lets through, avsc reads to the last byte', () => {
    const mutated = fc
      .tuple(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 6 }), fc.nat(bytes.length))
      .map(([edits, length]) => {
        const copy = Buffer.from(bytes)
        for (const [index, byte] of edits) copy[index] = byte
        return length % 3 === 0 ? copy.subarray(0, length) : copy
      })
    fc.assert(
      fc.property(
        fc.oneof(
          mutated,
          fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array)),
        ),
        (input) => {
          try {
            scan(input, 0)
          } catch (error) {
            expect(error).toBeInstanceOf(InterchangeError)
            return
          }
          expect(type.decode(input, 0).offset).toBe(input.length)
        },
      ),
      { numRuns: 20_000 },
    )
  })
})

describe('frames', () => {
  const text = JSON.stringify(everything)
  const schema = { subject: 's-value', recordName: 'io.test.Everything', version: 1, text }
  const topic = {
    name: 's',
    kind: 'internal',
    keyOf: () => '',
    schema,
    partitions: 1,
    retentionMs: -1,
    cleanup: 'delete',
    eventType: 's',
    owner: 'test',
    groups: [],
    description: '',
  } as const
  const codec = createCodec({ source: { schemaText: async () => text, idOf: async () => 7 } })

  it.each(['', '00', '0000', '000000', '00000007', '0100000007', '7b22613a31', '0a00000007', 'ff00000007'])(
    'are refused without asking anybody when the value is %s',
    async (hex) => {
      const wrong = Buffer.from(hex, 'hex')
      expect(codec.schemaId(wrong)).toBeUndefined()
      expect(() => codec.decode(topic, wrong)).toThrow(refused('ICX_AVRO_NOT_FRAMED'))
      await expect(codec.resolve(topic, wrong)).rejects.toThrow(refused('ICX_AVRO_NOT_FRAMED'))
    },
  )

  it.each(['0000000000', '00ffffffff', '0080000000'])(
    'are refused without asking anybody for the id in %s',
    async (hex) => {
      const wrong = Buffer.from(hex, 'hex')
      expect(() => codec.decode(topic, wrong)).toThrow(refused('ICX_AVRO_SCHEMA_UNKNOWN'))
      await expect(codec.resolve(topic, wrong)).rejects.toThrow(refused('ICX_AVRO_SCHEMA_UNKNOWN'))
    },
  )

  it('throw nothing but contract errors, whatever follows a valid one', async () => {
    await codec.prepare([topic])
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 48 }), (body) => {
        try {
          codec.decode(topic, Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), body]))
        } catch (error) {
          expect(error).toMatchObject({ name: 'InterchangeError', failureClass: 'contract' })
        }
      }),
      { numRuns: 10_000 },
    )
  })
})
