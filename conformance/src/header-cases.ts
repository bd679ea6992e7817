import { HeaderBlock, type HeaderEntry } from '@interchange/messaging'
import { expect, test } from 'vitest'
import { readAll, record, type Stage, until } from './stage.ts'

const blockedMsMax = 250

/** T10-T13, T48-T50: the header block is bytes, carried both ways. */
export const headerCases = (stage: () => Stage): void => {
  const roundTrip = async (blocks: readonly HeaderBlock[]): Promise<readonly HeaderBlock[]> => {
    const topic = await stage().topic()
    await stage().sent(blocks.map((headers, index) => record(topic, `v${index}`, { headers })))
    return (await readAll(stage(), topic)).map(({ headers }) => headers)
  }

  test('T10 headers keep their order, their duplicates and their nulls (X36, X37)', async () => {
    const entries: HeaderEntry[] = [
      { name: 'z', value: 'first' },
      { name: '10', value: 'ten' },
      { name: '2', value: 'two' },
      { name: 'z', value: null },
      { name: '', value: 'empty name' },
      { name: 'empty', value: '' },
      ...Array.from({ length: 100 }, (_, index) => ({ name: 'traceparent', value: String(index) })),
    ]
    const sent = HeaderBlock.of(entries)
    const [found] = await roundTrip([sent])
    expect(found?.bytes.equals(sent.bytes)).toBe(true)
    expect(found?.entries().map(({ name, value }) => [name, value?.toString() ?? null])).toEqual(
      entries.map(({ name, value }) => [name, value]),
    )
  })

  test('T11 header names that objects own are only names (X35)', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length']
    const [found] = await roundTrip([HeaderBlock.of(names.map((name) => ({ name, value: name })))])
    expect(names.map((name) => found?.text(name))).toEqual(names)
    expect(found?.get('valueOf')).toBeUndefined()
  })

  test('T12 names and values that are not UTF-8 come back as the bytes they were (X37, X38)', async () => {
    // One header: a name of the bytes ff fe, a value of the bytes 80 00 ff.
    const raw = new HeaderBlock(Buffer.from([2, 4, 0xff, 0xfe, 6, 0x80, 0x00, 0xff]))
    const [found, none] = await roundTrip([raw, HeaderBlock.empty])
    expect(found?.bytes.equals(raw.bytes)).toBe(true)
    expect(none?.bytes.equals(HeaderBlock.empty.bytes)).toBe(true)
  })

  test('T13 records with 0, 100 and 6,000 headers pass without holding up the process (X34)', async () => {
    const topic = await stage().topic()
    const bomb = (count: number): HeaderBlock =>
      HeaderBlock.of(Array.from({ length: count }, (_, index) => ({ name: `h${index}`, value: 'v' })))
    const blocks = [bomb(0), bomb(100), bomb(6_000), bomb(0)]
    const blocked = watchEventLoop()
    await stage().sent(blocks.map((headers, index) => record(topic, `v${index}`, { headers })))
    const member = await stage().join([topic])
    await until('four records', () => member.records().length === 4)
    expect(blocked()).toBeLessThan(blockedMsMax)
    expect(member.records().map(({ headers }) => headers.count)).toEqual([0, 100, 6_000, 0])
  })

  test('T48 headers added behind a block leave its bytes as they were, over two journeys (promise 5)', async () => {
    const original = new HeaderBlock(Buffer.from([6, 2, 0x61, 1, 2, 0x61, 0, 2, 0xff, 4, 0x80, 0x81]))
    const [first] = await roundTrip([original.append([{ name: 'dlq-reason', value: 'poison' }])])
    expect(first?.text('dlq-reason')).toBe('poison')
    const [second] = await roundTrip([first?.take(original.count) ?? HeaderBlock.empty])
    expect(second?.bytes.equals(original.bytes)).toBe(true)
  })

  test('T49 blocks of any names and values come back byte for byte, each to its own record', async () => {
    const blocks = Array.from({ length: 200 }, (_, index) =>
      HeaderBlock.of(
        Array.from({ length: index % 7 }, (_unused, each) => ({
          name: 'n'.repeat((index * 13 + each) % 200),
          value: (index + each) % 5 === 0 ? null : Buffer.alloc((index * 31 + each * 7) % 300, index),
        })),
      ),
    )
    const found = await roundTrip(blocks)
    expect(found.map(({ bytes }) => bytes.toString('hex'))).toEqual(blocks.map(({ bytes }) => bytes.toString('hex')))
  })

  test('T50 a value with line ends, terminal codes and NUL stays what it is (X39)', async () => {
    const value = '\u001b[2J\r\nforged: yes\u0000\u202e'
    const [found] = await roundTrip([HeaderBlock.of([{ name: value, value }])])
    expect(found?.text(value)).toBe(value)
  })
}

/** Answers with the longest time the event loop was held, in milliseconds. */
const watchEventLoop = (): (() => number) => {
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last - 10)
    last = now
  }, 10)
  return () => {
    clearInterval(timer)
    return longest
  }
}
