import avro from 'avsc'
import { describe, expect, it } from 'vitest'
import { parseSchema } from './parse-schema.ts'
import { shortAscii } from './short-ascii.ts'

const lengths = Array.from({ length: 70 }, (_, length) => length)
const texts = lengths.flatMap((length) => [
  'abcdefghij'.repeat(7).slice(0, length),
  `${'x'.repeat(length)}ß`,
  `€${'x'.repeat(length)}`,
  `${'x'.repeat(length)}🙂`,
  '\u0000\u007f\u0080\u07ff'.repeat(18).slice(0, length),
])
const plain = avro.Type.forSchema('string')
const ours = parseSchema('"string"')

describe('short texts', () => {
  it('are written and read as avsc does, whatever their length and letters', () => {
    for (const text of texts) {
      const bytes = ours.toBuffer(text)
      expect(bytes).toEqual(plain.toBuffer(text))
      expect(ours.fromBuffer(bytes)).toBe(text)
    }
  })

  it('are left to avsc when they are longer, not ASCII or not whole', () => {
    expect(shortAscii(Buffer.from('12345678'), 0, 8)).toBe('12345678')
    expect(shortAscii(Buffer.from('123456789'), 0, 9)).toBeUndefined()
    expect(shortAscii(Buffer.from('12'), 0, 3)).toBeUndefined()
    for (let at = 0; at < 8; at++) {
      const bytes = Buffer.alloc(8, 0x61).fill(0x80, at, at + 1)
      for (let length = at + 1; length <= 8; length++) expect(shortAscii(bytes, 0, length)).toBeUndefined()
      expect(shortAscii(bytes, 0, at)).toBe('a'.repeat(at))
    }
  })
})
