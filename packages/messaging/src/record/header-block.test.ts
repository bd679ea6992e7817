import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InterchangeError } from '../failure/failure.ts'
import { HeaderBlock } from './header-block.ts'
import { headerLimits } from './header-cursor.ts'

const entry = fc.record({
  name: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom('a', '__proto__', 'constructor', '', 'ce_id', 'traceparent'),
  ),
  value: fc.oneof(
    fc.constant(null),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  ),
})
const entries = fc.array(entry, { maxLength: 20 })
const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof InterchangeError) return `${error.code} ${error.failureClass}`
    throw error
  }
  return 'nothing thrown'
}

describe('a header block', () => {
  it('has the bytes of record format v2: a count, then name and value with zigzag varint lengths', () => {
    const block = HeaderBlock.of([
      { name: 'ab', value: 'x' },
      { name: 'n', value: null },
    ])
    expect(block.bytes.toString('hex')).toBe('04046162027802' + '6e01')
  })

  it('tells one byte of the last value of a name, and nothing where there is none', () => {
    const block = HeaderBlock.of([
      { name: 'ab', value: 'first' },
      { name: 'n', value: null },
      { name: 'ab', value: 'last' },
    ])
    const places: [name: string, place: number, byte: number | undefined][] = [
      ['ab', 0, 0x6c],
      ['ab', 3, 0x74],
      ['ab', 4, undefined],
      ['ab', -1, undefined],
      ['n', 0, undefined],
      ['a', 0, undefined],
    ]
    for (const [name, place, byte] of places) expect(block.byteAt(name, place)).toBe(byte)
  })

  it('round-trips any entries: order, duplicates, nulls, empty and odd names', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const read = HeaderBlock.of(list).entries()
        expect(read.map(({ value }) => value)).toEqual(list.map(({ value }) => value))
        expect(read.map(({ name }) => Buffer.from(name))).toEqual(list.map(({ name }) => Buffer.from(name)))
      }),
    )
  })

  it('appends without touching the original, and takes it back byte for byte', () => {
    fc.assert(
      fc.property(entries, entries, (list, added) => {
        const original = HeaderBlock.of(list)
        const longer = original.append(added)
        expect(longer.count).toBe(list.length + added.length)
        expect(longer.take(list.length).bytes.equals(original.bytes)).toBe(true)
      }),
    )
  })

  it('finds what every message is asked for as it finds anything else, whichever block was asked before', () => {
    const lists = fc.array(entries, { minLength: 2, maxLength: 4 })
    fc.assert(
      fc.property(lists, (some) => {
        // Two of the same length, with everything in another place.
        const all = [...some, [...(some[0] ?? []), { name: 'ce_id', value: null }].toReversed()]
        all.push(all[all.length - 1]?.toReversed() ?? [])
        const blocks = all.map((list) => HeaderBlock.of(list))
        for (const name of ['traceparent', 'ce_id', 'a', 'ce_id', 'traceparent']) {
          const last = (list: (typeof all)[number]) => list.findLast((each) => each.name === name)?.value
          expect(blocks.map((block) => block.get(name))).toEqual(all.map(last))
        }
      }),
    )
  })

  it('finds the last value of a name, and tells null from absent', () => {
    const block = HeaderBlock.of([
      { name: 'a', value: '1' },
      { name: 'a', value: '2' },
      { name: 'b', value: null },
    ])
    expect(block.text('a')).toBe('2')
    expect(block.get('b')).toBeNull()
    expect(block.get('toString')).toBeUndefined()
  })

  it.each([63, 64])('keeps a text of %i characters, ASCII or not until its last', (length) => {
    const texts = ['a'.repeat(length), `${'a'.repeat(length - 1)}ä`]
    const entries = texts.map((text, index) => ({ name: `${index}${text}`, value: text }))
    const read = HeaderBlock.of(entries).entries()
    expect(read.map(({ name, value }) => ({ name, value: value?.toString('utf8') }))).toEqual(entries)
  })

  it('writes no block over an earlier one, a large one between small ones included', () => {
    const textOf = (n: number): string => (n % 100 === 0 ? 'x'.repeat(9_000) : String(n))
    const blocks = Array.from({ length: 5_000 }, (_, n) => HeaderBlock.of([{ name: 'n', value: textOf(n) }]))
    for (const [n, block] of blocks.entries()) expect(block.text('n')).toBe(textOf(n))
  })

  it('keeps a value that is larger than the writing buffer', () => {
    const value = Buffer.alloc(2_000_000, 7)
    expect(
      HeaderBlock.of([{ name: 'big', value }])
        .take(1)
        .bytes.subarray(-value.length)
        .equals(value),
    ).toBe(true)
  })

  it('refuses to look into a header bomb, but still carries it (X34)', () => {
    const bomb = HeaderBlock.of(Array.from({ length: 6_000 }, (_, n) => ({ name: `h${n}`, value: 'x' })))
    expect(codeOf(() => bomb.get('h1'))).toBe('ICX_HEADERS_LIMIT contract')
    expect(
      bomb
        .append([{ name: 'more', value: '' }])
        .take(6_000)
        .bytes.equals(bomb.bytes),
    ).toBe(true)
    expect(codeOf(() => HeaderBlock.of([{ name: 'a', value: Buffer.alloc(headerLimits.bytesMax) }]).entries())).toBe(
      'ICX_HEADERS_LIMIT contract',
    )
  })

  it('answers or throws class contract for any bytes, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const block = new HeaderBlock(Buffer.from(bytes))
        for (const read of [
          () => block.get('a'),
          () => block.entries(),
          () => block.take(3),
          () => block.append([{ name: 'a', value: '' }]),
        ]) {
          expect(codeOf(read)).toMatch(/^nothing thrown$|contract$/)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('that lies in other bytes is read as if it stood alone, and never beyond its end', () => {
    const alone = HeaderBlock.of([
      { name: 'a', value: 'x' },
      { name: 'b', value: null },
    ])
    const around = Buffer.concat([Buffer.from([9, 9]), alone.bytes, Buffer.from([9, 9])])
    const within = new HeaderBlock(around, 2, 2 + alone.size)
    expect(within.bytes).toEqual(alone.bytes)
    expect(within.size).toBe(alone.bytes.length)
    expect([within.count, within.text('a'), within.get('b')]).toEqual([2, 'x', null])
    expect(within.append([{ name: 'c', value: 'y' }]).take(2).bytes).toEqual(alone.bytes)
    for (const missing of [1, 2, 3])
      expect(codeOf(() => new HeaderBlock(around, 2, 2 + alone.size - missing).entries())).toBe(
        'ICX_HEADERS_MALFORMED contract',
      )
  })
})
